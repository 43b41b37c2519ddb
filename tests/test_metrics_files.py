import io
import math
import tracemalloc

from segloss.metrics_files import read_metrics, write_metrics

KEYS = ("arm", "fold", "case", "class")
ROWS = [
    (("truth", 0, "001", "liver"), {"volume_ml": "3.00000"}),
    (("dice", 0, "001", "liver"), {"dice": "0.50000", "hausdorff_mm": "nan"}),
]


def written(rows=ROWS) -> str:
    """A file as text."""
    stream = io.StringIO()
    write_metrics(stream, KEYS, iter(rows))
    return stream.getvalue()


def test_a_file_has_one_row_per_case_and_class_and_one_column_per_metric():
    assert written().splitlines() == [
        "arm,fold,case,class,volume_ml,dice,hausdorff_mm",
        "truth,0,001,liver,3.00000,,",
        "dice,0,001,liver,,0.50000,nan",
    ]


def test_an_undefined_value_is_read_as_a_row_and_what_was_not_measured_is_none():
    table = read_metrics(io.StringIO(written()))
    assert list(zip(table["arm"], table["metric"], strict=True)) == [
        ("truth", "volume_ml"),
        ("dice", "dice"),
        ("dice", "hausdorff_mm"),
    ]
    assert math.isnan(table["value"].iloc[2])


def test_names_of_digits_stay_text_and_folds_are_numbers():
    table = read_metrics(io.StringIO(written()))
    assert set(table["case"]) == {"001"}
    assert table["fold"].dtype == int


def test_a_file_of_one_row_per_value_is_read_the_same():
    long = "arm,fold,case,class,metric,value\ndice,0,001,liver,dice,0.5\ndice,0,001,liver,hausdorff_mm,\n"
    assert read_metrics(io.StringIO(long)).equals(read_metrics(io.StringIO(written(ROWS[1:]))))


def test_a_file_without_rows_is_an_empty_table():
    table = read_metrics(io.StringIO(written([])))
    assert table.empty
    assert {*KEYS, "metric", "value"} <= set(table)


def test_memory_does_not_grow_with_the_rows(tmp_path):
    def peak(count: int) -> int:
        rows = (((f"arm{row}", 0, f"case{row}", "liver"), {"dice": "0.50000"}) for row in range(count))
        tracemalloc.start()
        with (tmp_path / f"{count}.csv").open("w") as stream:
            write_metrics(stream, KEYS, rows)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(20_000) < 1.5 * peak(2_000)

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segloss.data.case import Case, ExcludedError, Listing, Sample
from segloss.data.inventory import take_inventory
from segloss.data.preparation import prepare
from segloss.data.readers import READERS
from segloss.errors import InputError

PREPARED = Path("build/prepared/isic2018")


def prepared(params: dict[str, Any]) -> dict[str, Any]:
    """Run inventory and prepare; return the provenance."""
    take_inventory(Path(params["data_root"]), params)
    prepare("isic2018", params)
    return json.loads((PREPARED / "provenance.json").read_text())


def status() -> dict[str, str]:
    return json.loads((PREPARED / "status.json").read_text())


def rows() -> list[dict[str, str]]:
    with (PREPARED / "cases.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_arrays_have_the_size_of_the_scale_and_the_order_of_the_cases(params: dict[str, Any]) -> None:
    prepared(params)
    images, labels = np.load(PREPARED / "images.npy"), np.load(PREPARED / "labels.npy")
    assert (images.shape, images.dtype) == ((6, 3, 8, 8), np.uint8)
    assert (labels.shape, labels.dtype) == ((6, 8, 8), np.uint8)
    assert labels.tolist() == [[[1] * 4 + [0] * 4] * 8] * 6
    assert status() == {"outcome": "done", "reason": ""}


def test_a_scale_may_divide_a_data_set_in_another_way(params: dict[str, Any]) -> None:
    params["scales"]["small"]["kappa"]["datasets"] = {"isic2018": {"split": {"groups": 2}}}
    assert prepared(params)["groups"] == 2
    assert {row["fold"] for row in rows()} == {"0", "1"}


def test_the_table_tells_each_case(params: dict[str, Any]) -> None:
    prepared(params)
    first = rows()[0]
    assert first.pop("fold") in {"0", "1", "2"}
    assert first == {
        "case": "ISIC_0000000",
        "subject": "ISIC_0000000",
        "shape": "16x24",
        "spacing_mm": "",
        "prepared_shape": "1x8x8",
        "foreground_share": "0.50000",
        "class_shares": "0.500000",
        "files": "ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg;"
        "ISIC2018_Task1_Training_GroundTruth/ISIC_0000000_segmentation.png",
    }


def test_each_third_has_a_third_of_the_cases(params: dict[str, Any]) -> None:
    prepared(params)
    assert sorted(row["fold"] for row in rows()) == ["0", "0", "1", "1", "2", "2"]


def test_a_scale_without_caps_uses_the_size_of_the_paper(params: dict[str, Any]) -> None:
    provenance = prepared({**params, "scale": "paper"})
    assert provenance["image_size"] == 16
    assert np.load(PREPARED / "labels.npy").shape == (6, 16, 16)


def test_a_scale_may_cap_the_cases(params: dict[str, Any]) -> None:
    params["scales"]["small"]["kappa"]["max_cases"] = 3
    assert prepared(params)["cases"] == 3
    assert [row["case"][-1] for row in rows()] == ["1", "3", "5"]


@pytest.mark.parametrize(
    ("scale", "paper_cases", "kind"), [("paper", 6, "paper"), ("paper", 2594, "subset"), ("small", 6, "subset")]
)
def test_only_all_cases_at_the_papers_scale_are_the_papers_data(
    params: dict[str, Any], scale: str, paper_cases: int, kind: str
) -> None:
    params["datasets"]["isic2018"]["paper_cases"] = paper_cases
    assert prepared({**params, "scale": scale})["kind"] == kind


def test_phantoms_are_never_called_anything_else(params: dict[str, Any], isic: Path) -> None:
    (isic / "PHANTOM.txt").touch()
    assert prepared({**params, "scale": "paper"})["kind"] == "phantom"


def test_a_second_run_writes_the_same_bytes(params: dict[str, Any]) -> None:
    def contents() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in PREPARED.iterdir()}

    prepared(params)
    first = contents()
    prepared(params)
    assert contents() == first


def test_where_the_data_lie_is_not_written_down(
    params: dict[str, Any], isic: Path, mask_file: Callable[[int], Path]
) -> None:
    mask_file(0).unlink()
    prepared(params)
    for file in PREPARED.iterdir():
        assert str(isic.parent).encode() not in file.read_bytes()


def test_a_case_without_mask_is_left_out_named_and_counted(
    params: dict[str, Any], mask_file: Callable[[int], Path]
) -> None:
    mask_file(3).unlink()
    provenance = prepared(params)
    assert [left_out["case"] for left_out in provenance["left_out"]] == ["ISIC_0000003"]
    assert "ISIC_0000003.jpg: the mask of this case is missing, expected" in provenance["left_out"][0]["reason"]
    assert provenance["cases"] == 5


def test_grey_masks_are_counted(params: dict[str, Any], mask_file: Callable[[int], Path]) -> None:
    for number in (1, 4):
        pixels = np.asarray(Image.open(mask_file(number))).copy()
        pixels[0, :2] = 90, 160
        Image.fromarray(pixels).save(mask_file(number))
    assert prepared(params)["grey_masks"] == 2


def test_a_black_mask_is_kept_with_a_warning(
    params: dict[str, Any], isic: Path, write_case: Callable[..., None]
) -> None:
    write_case(isic, 2, columns=0)
    provenance = prepared(params)
    assert [warning["case"] for warning in provenance["warnings"]] == ["ISIC_0000002"]
    assert provenance["cases"] == 6
    assert rows()[2]["foreground_share"] == "0.00000"


def test_absent_data_are_an_outcome(params: dict[str, Any], isic: Path) -> None:
    isic.rename(isic.with_name("elsewhere"))
    provenance = prepared(params)
    assert (provenance["kind"], provenance["cases"]) == ("absent", 0)
    assert status()["outcome"] == "absent"
    assert "ISIC2018_Task1-2_Training_Input/ISIC_*.jpg" in status()["reason"]
    assert sorted(file.name for file in PREPARED.iterdir()) == ["provenance.json", "status.json"]


def test_too_few_cases_are_an_outcome(params: dict[str, Any], mask_file: Callable[[int], Path]) -> None:
    for number in range(4):
        mask_file(number).unlink()
    prepared(params)
    assert status() == {
        "outcome": "too few cases",
        "reason": "1 of the 3 parts of the split have no subject, expected one in each.",
    }
    assert len(np.load(PREPARED / "images.npy")) == 2


def test_a_duplicate_id_stops_and_says_how_many_more_there_are(
    params: dict[str, Any], image_file: Callable[[int], Path]
) -> None:
    for number in (1, 2, 3):
        image_file(number).with_suffix(".jpeg").write_bytes(b"")
    with pytest.raises(InputError, match=r"ISIC_0000001\.jpg: duplicate of .* \(2 more: .* check isic2018"):
        prepared(params)


def test_a_truncated_image_stops_and_leaves_nothing_half_written(
    params: dict[str, Any], image_file: Callable[[int], Path]
) -> None:
    image_file(5).write_bytes(image_file(5).read_bytes()[:-100])
    with pytest.raises(InputError, match=r"ISIC_0000005\.jpg"):
        prepared(params)
    assert not Path("build/prepared").exists()


def test_prepare_asks_for_the_inventory_first(params: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="segloss inventory"):
        prepare("isic2018", params)


def test_a_stopped_preparation_goes_on_after_the_last_case_it_finished(
    params: dict[str, Any], monkeypatch: pytest.MonkeyPatch, image_file: Callable[[int], Path]
) -> None:
    prepared(params)
    undisturbed = {file.name: file.read_bytes() for file in PREPARED.iterdir()}
    shutil.rmtree("build")
    whole, opened = READERS["isic2018"], []

    def read(case: Case) -> Sample:
        opened.append(case.name)
        if case.name.endswith("4") and len(opened) <= len(whole_names):
            raise KeyboardInterrupt
        return whole.read(case)

    whole_names = sorted(file.stem for file in image_file(0).parent.iterdir())
    monkeypatch.setitem(READERS, "isic2018", replace(whole, read=read))
    with pytest.raises(KeyboardInterrupt):
        prepared(params)
    assert not PREPARED.exists()
    first_attempt = len(opened)
    opened.extend([""] * len(whole_names))
    prepared(params)
    assert set(opened[first_attempt + len(whole_names) :]) == {"ISIC_0000004", "ISIC_0000005"}
    assert {file.name: file.read_bytes() for file in PREPARED.iterdir()} == undisturbed


def test_a_stopped_preparation_starts_anew_where_the_parameters_have_changed(
    params: dict[str, Any], mask_file: Callable[[int], Path]
) -> None:
    broken = mask_file(5).read_bytes()
    mask_file(5).write_bytes(broken[:20])
    with pytest.raises(InputError, match=r"ISIC_0000005_segmentation\.png"):
        prepared(params)
    mask_file(5).write_bytes(broken)
    params["scales"]["small"]["kappa"]["max_image_size"] = 4
    prepared(params)
    assert np.load(PREPARED / "images.npy").shape == (6, 3, 4, 4)


def test_a_case_that_only_its_content_excludes_is_left_out_by_name(
    params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = READERS["isic2018"]

    def read(case: Case) -> Sample:
        if case.name.endswith("2"):
            raise ExcludedError(f"{case.labels[0]}: no enhancing tumour, which the study asks for; left out.")
        return whole.read(case)

    monkeypatch.setitem(READERS, "isic2018", replace(whole, read=read))
    provenance = prepared(params)
    assert [fault["case"] for fault in provenance["left_out"]] == ["ISIC_0000002"]
    assert provenance["cases"] == len(np.load(PREPARED / "labels.npy")) == 5
    assert [row["case"][-1] for row in rows()] == list("01345")


def test_an_unknown_setting_of_the_view_is_named(params: dict[str, Any]) -> None:
    params["datasets"]["isic2018"]["view"]["colour"] = True
    with pytest.raises(InputError, match="colour"):
        prepared(params)


def test_a_stopped_preparation_starts_anew_where_another_reader_goes_on(
    params: dict[str, Any], monkeypatch: pytest.MonkeyPatch, mask_file: Callable[[int], Path]
) -> None:
    intact = mask_file(5).read_bytes()
    mask_file(5).write_bytes(intact[:20])
    with pytest.raises(InputError, match=r"ISIC_0000005_segmentation\.png"):
        prepared(params)
    mask_file(5).write_bytes(intact)

    def read_negative(case: Case) -> Sample:
        sample = READERS["isic2018"].read(case)
        return replace(sample, labels=1 - sample.labels)

    monkeypatch.setitem(READERS, "negative", replace(READERS["isic2018"], read=read_negative))
    params["datasets"]["isic2018"]["reader"] = "negative"
    prepared(params)
    assert np.load(PREPARED / "labels.npy").tolist() == [[[0] * 4 + [1] * 4] * 8] * 6


def test_a_split_with_a_part_that_no_subject_is_in_is_too_few_cases(
    params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = READERS["isic2018"]

    def find(folder: Path, subset: str) -> Listing:
        listing = whole.find(folder, subset)
        listing.cases = [replace(case, part="train") for case in listing.cases]
        return listing

    monkeypatch.setitem(READERS, "isic2018", replace(whole, find=find))
    params["datasets"]["isic2018"]["split"] = {"published": True, "train": 2, "validation": 1}
    prepared(params)
    assert status()["outcome"] == "too few cases"
    assert status()["reason"] == "1 of the 3 parts of the split have no subject, expected one in each."

"""The loss explorer of the guided tour: a predicted mask moves over a true one, and every loss answers."""

from io import BytesIO
from typing import Any

from IPython.display import Image, display

from segloss.figures import explorer_panel
from segloss.figures.explorer_data import Setting, explored
from segloss.report import Report, in_front_end

# What a slider is called, its least and greatest value and its step.
SLIDERS = {
    "move_px": ("moved by, px", -32.0, 32.0, 1.0),
    "size": ("size, of the true one", 0.25, 4.0, 0.25),
    "blur_px": ("blur, px", 0.0, 8.0, 0.5),
    "lesion_percent": ("lesion, % of the image", 0.5, 40.0, 0.5),
}
START = Setting()


def show(report: Report) -> None:
    """Save and show the panel of one setting and, where somebody can move them, the sliders that change it."""
    caption = (
        "One true and one predicted mask (dotted), and for every loss its value and where its gradient pushes p up "
        f"(blue) and down (red): {START}."
    )
    report.save_figure(explorer_panel(START), "explorer", caption, data=explored(START))
    if in_front_end():
        display(sliders())


def sliders() -> Any:
    """Four sliders and the panel of what they say; drawn anew when one is let go."""
    # Imported here: only a notebook that somebody has opened needs it.
    import ipywidgets  # type: ignore[import-untyped]

    style = {"description_width": "14em"}
    controls = {
        name: ipywidgets.FloatSlider(
            value=getattr(START, name), min=least, max=most, step=step, description=words,
            style=style, continuous_update=False, layout={"width": "36em"},
        )
        for name, (words, least, most, step) in SLIDERS.items()
    }  # fmt: skip
    panel = ipywidgets.interactive_output(lambda **values: display(picture(Setting(**values))), controls)
    return ipywidgets.VBox([*controls.values(), panel])


def picture(setting: Setting) -> Image:
    """The panel of a setting, as the front end shows it whatever its matplotlib is set to."""
    content = BytesIO()
    explorer_panel(setting).savefig(content, format="png", dpi=120)
    return Image(content.getvalue(), width=720)

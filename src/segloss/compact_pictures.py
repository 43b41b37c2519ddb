"""Pictures in fewer bytes that look the same: SVG with rounded, relative numbers, PNG with a palette."""

import base64
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PIL import Image

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_DECIMALS = 2  # of a point: a hundredth is a thirtieth of a screen's pixel
_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
# One point, or one curve's points, behind every letter.
_POINT = rf"[\s,]*{_NUMBER}[\s,]+{_NUMBER}[\s,]*"
_SIMPLE_PATH = rf"\s*(?:[ML]{_POINT}|Q(?:{_POINT}){{2}}|C(?:{_POINT}){{3}}|[Zz]\s*)*"
_COLOURS = 256  # a palette's entries
_LETTER = "scale(0.015625)"  # of matplotlib's outlines of letters
_DROPPED = {f"{{{_SVG}}}metadata", f"{{{_SVG}}}title"}
_WITH_TEXT = {f"{{{_SVG}}}{tag}" for tag in ("style", "text", "tspan")}

ElementTree.register_namespace("", _SVG)


def compact_file(path: Path) -> None:
    """Make an SVG or PNG file smaller, in its place."""
    content = path.read_bytes()
    path.write_bytes(compact_svg(content.decode()).encode() if path.suffix == ".svg" else compact_png(content))


def compact_svg(text: str) -> str:
    """The same drawing in about a third of the bytes.

    Coordinates are rounded to a hundredth of a point and written relative to the one before; names nobody refers to,
    groups that set nothing and comments go. Compacting twice changes nothing more than once.

    Args:
        text: An SVG file as matplotlib writes it: paths of the commands M, L, Q, C and z.
    """
    root = ElementTree.fromstring(text)
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag in _DROPPED]:
            parent.remove(child)
    _shorten_names(root)
    for element in root.iter():
        _compact_attributes(element)
    _unwrap(root)
    _hoist_styles(root)
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>") + "\n"


def compact_png(content: bytes) -> bytes:
    """The same picture with a palette of at most 256 colours, and the smallest compression.

    Args:
        content: A PNG file; it comes back as it is where it has a palette or is smaller so.
    """
    with Image.open(io.BytesIO(content)) as picture:
        if picture.mode == "P":
            return content
        dpi = picture.info.get("dpi")
        clear = picture.mode == "RGBA" and picture.getchannel("A").tobytes().strip(b"\xff") != b""
        flat = picture.convert("RGBA" if clear else "RGB")
    # Without dithering, areas of one colour stay areas of one colour; only the octree knows of transparency.
    method = Image.Quantize.FASTOCTREE if clear else Image.Quantize.MAXCOVERAGE
    out = io.BytesIO()
    reduced = flat.quantize(_COLOURS, method=method, kmeans=1, dither=Image.Dither.NONE)
    reduced.save(out, "PNG", optimize=True, **({"dpi": dpi} if dpi else {}))
    return min(content, out.getvalue(), key=len)


def _shorten_names(root: Element) -> None:
    """Keep the ids that something refers to, as a, b, c and so on."""
    text = ElementTree.tostring(root, encoding="unicode")
    asked = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    short = {e.attrib["id"]: name for e, name in zip(_named(root, asked), _names(), strict=False)}
    for element in root.iter():
        if "id" in element.attrib and element.attrib.get("id") not in asked:
            del element.attrib["id"]
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.attrib[key] = short[value]
            elif key == f"{{{_XLINK}}}href" and value.startswith("#"):
                del element.attrib[key]
                element.attrib["href"] = "#" + short[value[1:]]
            elif "url(#" in value:
                element.attrib[key] = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{short[m[1]]})", value)


def _named(root: Element, asked: set[str]) -> Iterator[Element]:
    return (element for element in root.iter() if element.attrib.get("id") in asked)


def _names() -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ("".join(n) for length in itertools.count(1) for n in itertools.product(letters, repeat=length))


def _compact_attributes(element: Element) -> None:
    facts = element.attrib
    if "style" in facts:
        facts["style"] = re.sub(r"\s*([:;])\s*", r"\1", facts["style"]).rstrip(";")
        # Who has not the font sees one that is about as wide.
        facts["style"] = re.sub(r"('DejaVu Sans')(?!,)", r"\1,Verdana,sans-serif", facts["style"])
    shift = re.fullmatch(rf"translate\(({_NUMBER})[ ,]({_NUMBER})\)", facts.get("transform", ""))
    if shift and element.tag == f"{{{_SVG}}}use" and "x" not in facts:
        del facts["transform"]
        facts |= {"x": shift[1], "y": shift[2]}
    for key in ("x", "y", "width", "height"):
        if re.fullmatch(_NUMBER, facts.get(key, "")):
            facts[key] = _text(float(facts[key]))
    if element.tag == f"{{{_SVG}}}use":
        for key in [k for k in ("x", "y") if facts.get(k) == "0"]:
            del facts[key]
    if "transform" in facts:
        facts["transform"] = re.sub(
            rf"translate\(({_NUMBER})[ ,]({_NUMBER})\)",
            lambda m: f"translate({_numbers(float(n) for n in m.groups())})",
            facts["transform"],
        )
    if "d" in facts and facts.get("transform") == _LETTER:
        # Letters have 6400 units an em: 640 are a hundredth of a point at nine points.
        facts |= {"d": compact_path(facts["d"], -1), "transform": "scale(0.15625)"}
    elif "d" in facts:
        facts["d"] = compact_path(facts["d"], _DECIMALS)
    image = facts.get(f"{{{_XLINK}}}href", "")
    if image.startswith("data:image/png;base64,"):
        content = compact_png(base64.b64decode(image.partition(",")[2]))
        facts[f"{{{_XLINK}}}href"] = "data:image/png;base64," + base64.b64encode(content).decode()


def compact_path(path: str, decimals: int) -> str:
    """The outline of an SVG path with relative steps between rounded positions, so that errors do not add up.

    Args:
        path: Absolute commands M, L, Q, C and z or Z; any other path comes back as it is.
        decimals: To round to; below 0, steps come out in tens, hundreds and so on.

    >>> compact_path("M 10 10.004 L 20 10 L 20.5 7 z", 2)
    'm10 10h10l.5-3z'
    """
    if not re.fullmatch(_SIMPLE_PATH, path):
        return path
    digits = max(decimals, 0)
    unit, parts, last = 10.0**decimals, "", ""
    x = y = start_x = start_y = 0
    for command, numbers in re.findall(r"([MLQCZz])([^MLQCZz]*)", path):
        if command in "Zz":
            parts, last, x, y = parts + "z", "", start_x, start_y
            continue
        points = [round(float(number) * unit) for number in numbers.replace(",", " ").split()]
        steps = [point - (y if odd % 2 else x) for odd, point in enumerate(points)]
        letter = command.lower()
        if letter == "l" and 0 in steps:
            letter, steps = ("v", steps[1:]) if steps[0] == 0 else ("h", steps[:1])
        text = _numbers((step / 10**digits for step in steps), digits)
        parts += text if letter == last and text[0] == "-" else f"{' ' if letter == last else letter}{text}"
        x, y = points[-2:]
        if command == "M":
            start_x, start_y = x, y
        # What follows a move without a letter is a line.
        last = "l" if letter == "m" else letter
    return parts


def _numbers(values: Iterable[float], decimals: int = _DECIMALS) -> str:
    """Numbers with a space only where the next does not begin with its own sign."""
    return re.sub(r" (?=-)", "", " ".join(_text(value, decimals) for value in values))


def _text(value: float, decimals: int = _DECIMALS) -> str:
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "0") else re.sub(r"^(-?)0\.", r"\1.", text)


def _unwrap(root: Element) -> None:
    """Replace groups that set nothing by what they hold, and drop empty ones."""
    for parent in list(root.iter())[::-1]:
        children: list[Element] = []
        for child in parent:
            child.tail = None
            if child.tag == f"{{{_SVG}}}g" and not child.attrib:
                children += list(child)
            elif child.tag not in (f"{{{_SVG}}}g", f"{{{_SVG}}}defs") or len(child):
                children.append(child)
        parent[:] = children
        if parent.tag not in _WITH_TEXT or not (parent.text or "").strip():
            parent.text = None


def _hoist_styles(root: Element) -> None:
    """Say once in a group what all its elements say; only of properties that elements inherit."""
    for group in root.iter(f"{{{_SVG}}}g"):
        drawn = [child for child in group if child.tag != f"{{{_SVG}}}defs"]
        styles = {child.attrib.get("style", "") for child in drawn}
        if len(drawn) > 1 and "style" not in group.attrib and len(styles) == 1:
            [style] = styles
            if style and all(part.startswith(("fill", "stroke")) for part in style.split(";")):
                group.attrib["style"] = style
                for child in drawn:
                    del child.attrib["style"]

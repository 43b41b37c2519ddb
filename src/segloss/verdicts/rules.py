"""The rules for verdicts: from an interval to a word, from comparisons to a claim."""

import math
from collections.abc import Collection

from segloss.published import load_rules

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
INCONCLUSIVE = "inconclusive"
NOT_TESTABLE = "not testable here"
VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_TESTABLE)


def margin_of(metric: str, baseline_mean: float) -> float:
    """Half-width of the equivalence margin, in the metric's unit; NaN where the rules have none.

    >>> margin_of("dice", 0.8), round(margin_of("hausdorff_px", 8.0), 3)
    (0.01, 0.4)
    """
    margin = load_rules()["margins"].get(metric, math.nan)
    return margin["relative"] * abs(baseline_mean) if isinstance(margin, dict) else margin


def judge(expect: str, low: float, high: float, *, margin: float = math.nan, p: float = math.nan) -> str:
    """Decide one comparison from the interval of its difference.

    Args:
        expect: What the claim expects of the difference: "higher", "lower", "same", "no_gain", "first",
            "first_or_tied", or "chosen", where both ends are the difference itself.
        low: Lower end of the interval; NaN where too few cases gave none.
        high: Upper end.
        margin: Half-width of the equivalence margin; NaN for none.
        p: Corrected p-value; NaN for none, and then the interval alone decides.

    Raises:
        ValueError: If the expectation is unknown.

    Example:
        >>> judge("higher", 0.002, 0.03, margin=0.01, p=0.01), judge("higher", -0.002, 0.004, margin=0.01)
        ('supported', 'contradicted')
        >>> judge("same", -0.002, 0.004, margin=0.01), judge("same", -0.002, 0.03, margin=0.01)
        ('supported', 'inconclusive')
    """
    if expect not in load_rules()["expectations"]:
        raise ValueError(f"unknown expectation {expect!r}; expected one of {', '.join(load_rules()['expectations'])}.")
    if math.isnan(low) or math.isnan(high):
        return INCONCLUSIVE
    if expect == "lower":
        return judge("higher", -high, -low, margin=margin, p=p)
    significant = math.isnan(p) or p < load_rules()["level"]
    above, below = low > 0 and significant, high < 0 and significant
    inside = -margin < low and high < margin
    if expect == "higher":
        supported, contradicted = above, below or inside
    elif expect == "first":
        supported, contradicted = low > 0, high < 0
    elif expect in ("first_or_tied", "chosen"):
        supported, contradicted = low > 0, high < -margin
    elif expect == "same":
        supported, contradicted = inside, above or below
    else:
        supported, contradicted = not above and (inside or high < 0), above
    return SUPPORTED if supported else CONTRADICTED if contradicted else INCONCLUSIVE


def position(low: float, high: float, *, margin: float = math.nan, p: float = math.nan) -> str:
    """Where an interval lies, in words.

    >>> position(-0.002, 0.004, margin=0.01), position(0.002, 0.03, margin=0.01, p=0.2)
    ('inside the margin', 'above 0, but not after correction')
    """
    if math.isnan(low) or math.isnan(high):
        return "no interval"
    side = "above 0" if low > 0 else "below 0" if high < 0 else ""
    inside = "inside the margin" if -margin < low and high < margin else ""
    corrected = "" if not side or math.isnan(p) or p < load_rules()["level"] else "but not after correction"
    return ", ".join(filter(None, (side, corrected, inside))) or "around 0"


def combine(verdicts: Collection[str], *, any_of: bool = False) -> str:
    """Verdict of a claim from those of its comparisons; ``any_of`` if it says only that one of them holds.

    >>> combine(["supported", "inconclusive"]), combine(["supported", "contradicted"]), combine([])
    ('inconclusive', 'contradicted', 'not testable here')
    >>> combine(["supported", "contradicted"], any_of=True)
    'supported'
    """
    made = [verdict for verdict in verdicts if verdict != NOT_TESTABLE]
    if not made:
        return NOT_TESTABLE
    if any_of:
        return SUPPORTED if SUPPORTED in made else CONTRADICTED if set(made) == {CONTRADICTED} else INCONCLUSIVE
    if CONTRADICTED in made:
        return CONTRADICTED
    return SUPPORTED if set(made) == {SUPPORTED} else INCONCLUSIVE

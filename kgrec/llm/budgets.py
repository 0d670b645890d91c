"""What calls to a language model may cost, and what they did cost."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from kgrec.data import Usage
from kgrec.errors import SettingsError

__all__ = ["Budget", "Price", "Spending"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model's tokens cost.

    Attributes:
        input: money for a million tokens of prompt.
        output: money for a million tokens of reply.
        currency: ISO 4217 code, for people to read.

    Raises:
        SettingsError: a price is negative.
    """

    input: float
    output: float
    currency: str = "USD"

    def __post_init__(self) -> None:
        if self.input < 0 or self.output < 0:
            raise SettingsError(f"a price is at least 0 a million tokens, not {self.input} and {self.output}")

    def cost(self, usage: Usage) -> float:
        """Return what the tokens cost, in the price's currency."""
        return (usage.input_tokens * self.input + usage.output_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may be spent; None sets no limit. A limit counts all that one ``Calls`` does, over all of its runs.

    Before an attempt, what it is expected to take is set aside: the prompt, estimated from its characters and
    corrected by the usage stated so far, and the longest reply so far (before the first reply,
    ``CallSettings.expected_output_tokens``). An attempt that no longer fits is not made. So a limit is overshot only by
    attempts that take more than was set aside for them, which at worst are those under way at one time:

        overshoot ≤ concurrency × (the largest attempt − what was set aside for it)

    and a run may stop short of a limit by as much as one attempt is expected to take.

    Attributes:
        max_tokens: tokens of prompts and replies together, of failed attempts too.
        max_cost: money, in the currency of the ``Price`` that has to be given beside it.
        max_items: items of ``Calls.run`` that the model is asked about; those that never ask do not count.

    Raises:
        SettingsError: a limit is negative.
    """

    max_tokens: int | None = None
    max_cost: float | None = None
    max_items: int | None = None

    def __post_init__(self) -> None:
        for setting in fields(self):
            limit = getattr(self, setting.name)
            if limit is not None and not limit >= 0:
                raise SettingsError(f"{setting.name} is at least 0 or None, not {limit!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What calls took so far.

    Attributes:
        attempts: requests to the model, repeated ones too.
        failed_attempts: those that brought no reply.
        usage: tokens of all attempts, failed ones too.
        estimated: the part of ``usage`` that nobody stated and that was estimated from characters: replies of servers
            that state no usage, and prompts of attempts that failed on the way. An attempt that was turned away
            (too many requests, a refused request or key) takes no tokens.
        cost: money for ``usage``; None without a price.
        currency: of ``cost``.
        done: items that ``Calls.run`` finished.
        failed: items whose work raised an error.
        postponed: items that were not begun or not finished because a budget was spent or the model was down.
        total: items that ``Calls.run`` was given, in all; None where a stream's length is not known.
        seconds: time during which anything was under way.
    """

    attempts: int = 0
    failed_attempts: int = 0
    usage: Usage = field(default_factory=Usage)
    estimated: Usage = field(default_factory=Usage)
    cost: float | None = None
    currency: str = ""
    done: int = 0
    failed: int = 0
    postponed: int = 0
    total: int | None = None
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Items a second, failed ones too; 0 before the first."""
        return (self.done + self.failed) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest takes at the rate so far; None where the total or the rate is not known."""
        if self.total is None or self.rate == 0:
            return None
        return max(self.total - self.done - self.failed - self.postponed, 0) / self.rate

    def describe(self) -> str:
        """Return one line for people: items, rate, tokens, cost so far, time left."""
        parts = [f"{self.done:,}" + ("" if self.total is None else f" of {self.total:,}") + " done"]
        parts += [f"{self.failed:,} failed"] if self.failed else []
        parts += [f"{self.postponed:,} postponed"] if self.postponed else []
        parts += [f"{self.rate:.1f} a second"] if self.rate else []
        parts.append(self.describe_cost())
        if self.seconds_left:
            parts.append(f"{_duration(self.seconds_left)} left")
        return ", ".join(parts)

    def describe_cost(self) -> str:
        """Return one line for people: requests, tokens, cost so far; for reports that count the items themselves."""
        failed = f" ({self.failed_attempts:,} failed)" if self.failed_attempts else ""
        tokens, guessed = _all(self.usage), _all(self.estimated)
        estimated = f" ({guessed / tokens:.0%} estimated)" if guessed else ""
        parts = [f"{self.attempts:,} requests{failed}", f"{tokens:,} tokens{estimated}"]
        if self.cost is not None:
            parts.append(f"{self.cost:,.4f} {self.currency}".rstrip())
        return ", ".join(parts)


def _all(usage: Usage) -> int:
    return usage.input_tokens + usage.output_tokens


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"

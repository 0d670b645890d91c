"""The books of a run: what was spent, what is set aside for attempts under way, what a budget still allows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from kgrec.data import Completion, Message, Usage
from kgrec.errors import BudgetSpentError, KgrecError, LanguageModelError, ServerFailedError, SettingsError
from kgrec.llm.budgets import Budget, Price, Spending
from kgrec.llm.estimating import message_tokens, text_tokens

__all__ = ["Ledger"]


class Ledger:
    """Counts attempts, tokens, money and items. Safe to use from several threads."""

    def __init__(
        self, budget: Budget, price: Price | None, *, expected_output_tokens: int, clock: Callable[[], float]
    ) -> None:
        """Open the books.

        Args:
            budget: what may be spent.
            price: what tokens cost; needed where the budget limits money.
            expected_output_tokens: length of a reply that is expected before the first one came.
            clock: seconds, never falling.

        Raises:
            SettingsError: money is limited and no price is given.
        """
        if budget.max_cost is not None and price is None:
            raise SettingsError("max_cost needs a price: give Calls(…, price=Price(input=…, output=…)) as well")
        self._budget, self._price, self._clock = budget, price, clock
        self._lock = threading.Lock()
        self._spent, self._estimated, self._reserved = Usage(), Usage(), Usage()
        self._attempts = self._failed_attempts = 0
        self._asked = self._done = self._failed = self._postponed = 0
        self._total: int | None = None
        self._runs = 0
        self._longest_reply = expected_output_tokens
        self._replies = 0
        self._stated_input = self._guessed_input = 0
        self._busy, self._began, self._under_way = 0.0, 0.0, 0

    def reserve(self, prompt_tokens: int) -> Usage | None:
        """Set tokens aside for an attempt; None where it has to wait for others to finish.

        Args:
            prompt_tokens: of the prompt, as :func:`kgrec.llm.estimating.message_tokens` guesses them.

        Raises:
            BudgetSpentError: it does not fit, whatever those under way take.
        """
        with self._lock:
            expected = Usage(input_tokens=self._input(prompt_tokens), output_tokens=self._longest_reply)
            if (over := self._over(self._spent + expected)) is not None:
                raise BudgetSpentError(
                    f"the budget is spent: the next attempt would take about {expected.input_tokens:,} + "
                    f"{expected.output_tokens:,} tokens, and {over}; raise the limit or run again later to go on"
                )
            if self._over(self._spent + self._reserved + expected) is not None:
                return None
            self._reserved += expected
            return expected

    def release(self, expected: Usage) -> None:
        """Give back what was set aside for an attempt."""
        with self._lock:
            self._reserved += Usage(input_tokens=-expected.input_tokens, output_tokens=-expected.output_tokens)

    def succeeded(self, messages: Sequence[Message], completion: Completion) -> None:
        """Book a reply."""
        stated, guess = completion.usage, message_tokens(messages)
        with self._lock:
            self._attempts += 1
            self._replies += 1
            if stated == Usage():
                used = Usage(input_tokens=self._input(guess), output_tokens=text_tokens(completion.text))
                self._estimated += used
            else:
                used = stated
                self._stated_input += stated.input_tokens
                self._guessed_input += guess
            self._spent += used
            longest = used.output_tokens
            self._longest_reply = longest if self._replies == 1 else max(self._longest_reply, longest)

    def failed(self, messages: Sequence[Message], error: BaseException) -> None:
        """Book an attempt that brought no reply."""
        with self._lock:
            self._attempts += 1
            self._failed_attempts += 1
            stated = error.tokens if isinstance(error, LanguageModelError) else None
            if stated is not None:
                self._spent += Usage(input_tokens=stated[0], output_tokens=stated[1])
            elif isinstance(error, ServerFailedError) or not isinstance(error, KgrecError):
                used = Usage(input_tokens=self._input(message_tokens(messages)))
                self._spent += used
                self._estimated += used

    def ask_about_an_item(self) -> None:
        """Book that the model is asked about one more item.

        Raises:
            BudgetSpentError: as many items as the budget allows were asked about.
        """
        with self._lock:
            limit = self._budget.max_items
            if limit is not None and self._asked >= limit:
                raise BudgetSpentError(f"the budget is spent: max_items is {limit:,}; run again to go on")
            self._asked += 1

    def expect_items(self, total: int | None) -> None:
        """Book how many items a run has; None where that is not known."""
        with self._lock:
            known = self._total is not None or self._runs == 0
            self._total = (self._total or 0) + total if total is not None and known else None
            self._runs += 1

    def finish_item(self, *, done: bool, postponed: bool) -> None:
        """Book what became of an item."""
        with self._lock:
            self._done += done
            self._postponed += postponed
            self._failed += not (done or postponed)

    def begin(self) -> None:
        """Start the clock, unless it runs."""
        with self._lock:
            if self._under_way == 0:
                self._began = self._clock()
            self._under_way += 1

    def end(self) -> None:
        """Stop the clock, unless something else is under way."""
        with self._lock:
            self._under_way -= 1
            if self._under_way == 0:
                self._busy += self._clock() - self._began

    def spending(self) -> Spending:
        """Return the books as they stand."""
        with self._lock:
            running = self._clock() - self._began if self._under_way else 0.0
            items = self._done + self._failed + self._postponed
            return Spending(
                attempts=self._attempts,
                failed_attempts=self._failed_attempts,
                usage=self._spent,
                estimated=self._estimated,
                cost=None if self._price is None else self._price.cost(self._spent),
                currency="" if self._price is None else self._price.currency,
                done=self._done,
                failed=self._failed,
                postponed=self._postponed,
                total=None if self._total is None else max(self._total, items),
                seconds=self._busy + running,
            )

    def _input(self, guess: int) -> int:
        """Correct a guess by how far guesses were off so far."""
        return round(guess * self._stated_input / self._guessed_input) if self._guessed_input else guess

    def _over(self, usage: Usage) -> str | None:
        """Say which limit the tokens would pass."""
        budget, price = self._budget, self._price
        if budget.max_tokens is not None and usage.input_tokens + usage.output_tokens > budget.max_tokens:
            spent = self._spent.input_tokens + self._spent.output_tokens
            return f"{spent:,} of max_tokens {budget.max_tokens:,} are used"
        if budget.max_cost is not None and price is not None and price.cost(usage) > budget.max_cost:
            spent_money = f"{price.cost(self._spent):,.4f} of max_cost {budget.max_cost:,.4f}"
            return f"{spent_money} {price.currency} is used"
        return None

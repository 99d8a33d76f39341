"""What people type line by line: the rows of a form, whose sum may stand for its amount."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Field
from wtforms import FieldList
from wtforms import Form
from wtforms import FormField
from wtforms import StringField
from wtforms.validators import ValidationError

from portal.errors import RuleError
from portal.funds.cells import is_blank
from portal.funds.cells import read_number
from portal.funds.forms import BahtField
from portal.funds.line_rules import ITEM_LENGTH_MAX
from portal.funds.line_rules import LINES_MAX
from portal.funds.line_rules import UNIT_LENGTH_MAX
from portal.funds.line_rules import Line
from portal.funds.line_rules import check_lines
from portal.funds.line_rules import sum_of
from portal.money import Money
from portal.thai import read_baht
from portal.words import LineField
from portal.words import SeenVersion
from portal.words import at_most
from portal.words import say

EMPTY_ROWS, ROWS_MIN = 5, 8


def read_quantity(typed: object) -> int | None:
    """Return how many, one if nothing is typed; None where it cannot be read."""
    return 1 if is_blank(typed) else read_number(typed)


def read_money(typed: object) -> Money | None:
    """Return an amount; None where it cannot be read."""
    try:
        return read_baht(typed)
    except ValueError:
        return None


class LineRow(Form):
    """One line; a row in which nothing is typed is left out, and no quantity means one."""

    item = LineField(_("Item"), validators=[at_most(ITEM_LENGTH_MAX)])
    quantity = StringField(_("Quantity"))
    unit = LineField(_("Unit"), validators=[at_most(UNIT_LENGTH_MAX)])
    amount = StringField(_("Amount (baht)"))

    @property
    def is_used(self) -> bool:
        """Say whether anything is typed in this row."""
        return not all(is_blank(field.data) for field in self)

    def validate_item(self, field: Field) -> None:
        """Ask what the amount is for."""
        if self.is_used and is_blank(field.data):
            raise ValidationError(_("Write what it is."))

    def validate_quantity(self, field: Field) -> None:
        """Refuse what is no whole number."""
        if read_quantity(field.data) is None:
            raise ValidationError(_("Write a whole number, like 2."))

    def validate_amount(self, field: Field) -> None:
        """Ask for the amount of a row in which anything is typed."""
        if self.is_used and read_money(field.data) is None:
            raise ValidationError(_("Write the amount in baht, like 1,500."))

    def answer(self) -> Line | None:
        """Return the line; None where it cannot be read."""
        quantity, amount = read_quantity(self.quantity.data), read_money(self.amount.data)
        if quantity is None or amount is None:
            return None
        return Line(self.item.text, quantity, self.unit.text, amount)


def line_rows() -> FieldList[Any]:
    """Return the rows as a field of a form."""
    return FieldList(FormField(LineRow), min_entries=ROWS_MIN, max_entries=LINES_MAX)


class LinedForm(SeenVersion):
    """A form with an amount and, where it offers them, lines that add up to it.

    Where lines are typed the amount may stay empty: it is their sum.
    """

    lines: FieldList[Any]
    amount: BahtField

    def offer_lines(self, *, offers: bool) -> None:
        """Leave the lines, or take them out."""
        if offers:
            self.amount.flags.required = False
        else:
            del self.lines

    def rows(self) -> Iterator[LineRow]:
        """Give every row of the form."""
        if "lines" in self:
            yield from (entry.form for entry in self.lines)

    @property
    def typed_lines(self) -> tuple[Line, ...]:
        """Return the lines that can be read."""
        answers = (row.answer() for row in self.rows() if row.is_used)
        return tuple(line for line in answers if line is not None)

    @property
    def line_sum(self) -> Money | None:
        """Return what the lines add up to, if there are any."""
        return sum_of(self.typed_lines) if self.typed_lines else None

    def validate(self, extra_validators: Any = None) -> bool:  # WTForms' own signature
        """Look at everything; an amount that was left to the lines is looked at as their sum."""
        is_left = is_blank(self.amount.data) and self.line_sum is not None
        if is_left:
            self._write_amount(str(self.line_sum))
        is_valid = super().validate(extra_validators) and self._adds_up()
        if is_left and not is_valid:
            self._write_amount("")
        return is_valid

    def _write_amount(self, typed: str) -> None:
        self.amount.data, self.amount.raw_data = typed, [typed]

    def _adds_up(self) -> bool:
        try:
            check_lines(self.typed_lines, read_baht(self.amount.data))
        except RuleError as error:
            self.amount.errors = [say(error)]
            return False
        return True


def typed_rows(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return lines as they stand in the rows of a form, with some empty rows after them."""
    rows = [
        {
            "item": line.item,
            "quantity": f"{line.quantity}",
            "unit": line.unit,
            "amount": str(line.amount),
        }
        for line in lines
    ]
    empty: dict[str, str] = {}
    return [*rows, *(empty for _ in range(EMPTY_ROWS))][:LINES_MAX]

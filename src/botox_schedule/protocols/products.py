"""A product as a field: the nonproprietary name, with brand names accepted on input."""

from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from botox_schedule.terms import Product, find_product

__all__ = ["ProductName"]


def _by_name(text: str) -> Product:
    product = find_product(text)
    if product is None:
        raise ValueError("no product is called so")
    return product


class _ProductSchema:
    """Tries the nonproprietary names first, which costs nothing in Python."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        by_name = core_schema.no_info_after_validator_function(
            _by_name, core_schema.str_schema(strict=True, max_length=64)
        )
        return core_schema.custom_error_schema(
            core_schema.union_schema([handler(source), by_name], mode="left_to_right"),
            custom_error_type="product",
            custom_error_message="not a product; give one of "
            + ", ".join(product.value for product in Product)
            + ", or a brand name",
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "examples": [product.value for product in Product]}


ProductName = Annotated[Product, _ProductSchema]
"""A product, given by its nonproprietary name or a brand name."""

"""`python -m services.catalog`: serves products, categories, pictures, reviews, carts and orders."""

from services.catalog.app import build
from services.catalog.settings import CatalogSettings
from services.kit.server import run

if __name__ == "__main__":
    run(build, CatalogSettings)

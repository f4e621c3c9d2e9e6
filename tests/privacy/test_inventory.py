"""What the privacy page says is what the schema holds; no table can be forgotten."""

import pytest

from forum.extensions import db
from moderation.rights import export
from moderation.rights.inventory import columns_of, inventory
from moderation.rights.references import PERSON, POST
from tests.pages import Page

# Columns that name a person without a foreign key.
PLAIN = {
    "moderation_case.owner_id",
    "audit_entry.actor_id",
    "post.alias_id",
    "moderation_case.alias_id",
    "help_entry.checked_by_id",
}
# The erasure itself is what empties it.
OWN = {"erasure.member_id", "block.alias_id"}


def listed() -> dict[str, dict[str, str]]:
    """Return the kind of each column by table, as inventory.yaml says."""
    tables = {}
    for section in inventory()["sections"].values():
        for name, entry in section["tables"].items():
            assert name not in tables, f"{name} is listed twice"
            tables[name] = columns_of(entry)
            assert len(tables[name]) == sum(map(len, entry["columns"].values())), name
    return tables


def referring_to(table: str) -> set[str]:
    """Return every column that has a foreign key to a table."""
    return {
        f"{column.table.name}.{column.name}"
        for found in db.metadata.sorted_tables
        for column in found.columns
        for key in column.foreign_keys
        if key.column.table.name == table
    }


def test_every_table_and_column_is_listed(app):
    schema = {
        table.name: {column.name for column in table.columns} for table in db.metadata.sorted_tables
    }
    assert {name: set(columns) for name, columns in listed().items()} == schema


def test_the_kinds_are_known_and_texts_are_in_both_languages():
    found = inventory()
    used = {kind for columns in listed().values() for kind in columns.values()}
    assert used == set(found["kinds"])
    texts = [*found["kinds"].values()]
    for section in found["sections"].values():
        texts += [section[part] for part in ("title", "why", "kept", "erased")]
        texts += section["tables"].values()
    for text in texts:
        assert text["id"].strip()
        assert text["en"].strip()
        assert "!" not in text["id"] + text["en"]


def test_an_erasure_knows_every_column_that_leads_to_a_person_or_a_post(app):
    assert set(PERSON) == referring_to("member") | PLAIN
    assert set(POST) == referring_to("post")
    names = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name
        in ("member_id", "author_id", "owner_id", "actor_id", "moderator_id", "alias_id")
    }
    assert names <= set(PERSON) | OWN


def test_a_copy_knows_every_table_that_refers_to_a_person(app):
    told = {table for tables in export.TABLES.values() for table in tables}
    assert set(export.TABLES) == set(export.PARTS)
    wanted = {name.split(".")[0] for name in PERSON} | {"member", "care_card", "earlier_text"}
    assert told | set(export.LEFT_OUT) == wanted
    assert not told & set(export.LEFT_OUT)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_shows_all_of_it(app, client, language):
    client.post("/bahasa", data={"language": language})
    page = client.get("/privasi").get_data(as_text=True)
    for name, columns in listed().items():
        assert f"<code>{name}</code>" in page
        for column in columns:
            assert f"<code>{column}</code>" in page
    assert "365" in page
    assert "{" not in Page(client.get("/privasi")).text

from grimp import ImportGraph

from tests.support.import_rules import AdaptersBehindPorts, PureDomain, Rule


def found(rule: type[Rule], importer: str, imported: str) -> list[tuple[str, str]]:
    graph = ImportGraph()
    for module in (importer, imported):
        graph.add_module(module)
    graph.add_import(importer=importer, imported=imported)
    return list(rule("rule", {}, {}).broken(graph))


def test_a_domain_may_import_the_standard_library_and_itself() -> None:
    assert not found(PureDomain, "services.recs.domain", "dataclasses")
    assert not found(PureDomain, "services.recs.domain.blend", "services.recs.domain.scores")


def test_a_domain_may_import_nothing_else() -> None:
    for imported in ("grpc", "services.recs.ports", "services.kit.errors"):
        assert found(PureDomain, "services.recs.domain", imported) == [("services.recs.domain", imported)]


def test_adapters_are_known_to_the_app_only() -> None:
    adapter = "services.recs.adapters.milvus"
    assert not found(AdaptersBehindPorts, "services.recs.app", adapter)
    assert not found(AdaptersBehindPorts, "services.recs.adapters.feast", adapter)
    assert found(AdaptersBehindPorts, "services.recs.use_cases", adapter)

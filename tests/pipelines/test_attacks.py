from __future__ import annotations

from .conftest import Company


def test_many(company: Company) -> None:
    for n in range(70):
        company.order(f"PO-{n:03}")
    print(company.time.now())
    r = company.sync.run()
    print(r, company.time.now())
    assert len(company.network.sent) == 70


def test_wrong_setting(company: Company) -> None:
    from .conftest import PARTNERS

    (company.folder / "partners.toml").write_text(PARTNERS.replace("us_acme-850", "typo"))
    company.sync = company.pipeline()
    company.order()
    print(company.sync.run())
    (company.folder / "partners.toml").write_text(PARTNERS)
    company.sync = company.pipeline()
    company.sync.retry("PO-1")
    print(company.sync.run())
    assert len(company.network.sent) == 1

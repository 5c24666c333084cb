"""Addresses of documents as people copy them."""

from uuid import UUID

import pytest

from shared.domain.document_addresses import DocumentAddress, parse_document_address
from shared.errors import Invalid

HOST = "contoso.sharepoint.com"
LIBRARY = f"https://{HOST}/sites/hub/Shared%20Documents"
ID = UUID("86eb4c8e-d20d-46b9-ad41-23b8868dda8a")
FILE = ("Personal und Büro", "Urlaub 100%.docx")


@pytest.mark.parametrize(
    "url",
    [
        f"{LIBRARY}/Personal%20und%20B%C3%BCro/Urlaub%20100%25.docx",
        f"{LIBRARY}/Personal und Büro/Urlaub 100%25.docx",
        f"  {LIBRARY}/Personal%20und%20B%C3%BCro/Urlaub%20100%25.docx?web=1&csf=1#page=2 ",
        f"{LIBRARY}//Personal%20und%20Bu%CC%88ro/Urlaub%20100%25.docx/",
        f"https://{HOST.upper()}/:w:/r/sites/hub/Shared%20Documents/Personal%20und%20B%C3%BCro/Urlaub%20100%25.docx",
        f"{LIBRARY}/Forms/AllItems.aspx?id=%2Fsites%2Fhub%2FShared%20Documents%2FPersonal%20und%20B%C3%BCro%2FUrlaub%20"
        "100%25%2Edocx&parent=%2Fsites%2Fhub%2FShared%20Documents%2FPersonal%20und%20B%C3%BCro",
        f"https://{HOST}/sites/hub/_layouts/15/download.aspx?SourceUrl=%2Fsites%2Fhub%2FShared%20Documents%2F"
        "Personal%20und%20B%C3%BCro%2FUrlaub%20100%25.docx",
        f"ms-word:ofe|u|{LIBRARY}/Personal%20und%20B%C3%BCro/Urlaub%20100%25.docx",
    ],
)
def test_a_path_is_read_out_of_every_form_that_has_one(url: str) -> None:
    address = parse_document_address(url)
    assert address.below(LIBRARY) == FILE
    assert address.below(LIBRARY.replace("Shared", "shared")) == FILE
    assert address.below(f"https://{HOST}/sites/hub/Shared") is None, "half a name is no folder"
    assert address.below("https://other.sharepoint.com/sites/hub/Shared%20Documents") is None
    assert not address.is_opaque


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}/sites/hub/_layouts/15/Doc.aspx?sourcedoc=%7B{str(ID).upper()}%7D&file=Urlaub.docx&action=default",
        f"https://{HOST}/:w:/r/sites/hub/_layouts/15/Doc2.aspx?sourcedoc={{{ID}}}&file=Urlaub.docx",
        f"https://{HOST}/sites/hub/_layouts/15/WopiFrame.aspx?SourceDoc=%7b{ID}%7d&file=Urlaub.docx",
        f"https://{HOST}/sites/hub/_layouts/15/download.aspx?UniqueId={ID.hex}&file=Urlaub.docx",
        f"https://{HOST}/:w:/r/sites/hub/Shared%20Documents/Urlaub.docx?d=w{ID.hex}&csf=1&web=1",
    ],
)
def test_sharepoints_own_id_is_read_out_of_every_form_that_has_one(url: str) -> None:
    address = parse_document_address(url)
    assert address.unique_id == ID
    assert address.is_of_site(LIBRARY)
    assert address.is_of_site(f"https://{HOST}/sites/hub/sub/Documents")
    assert not address.is_of_site(f"https://{HOST}/sites/hubs/Documents")
    assert not address.is_of_site("https://other.sharepoint.com/sites/hub/Documents")


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}/:w:/s/hub/EY5M64YN0rlGrUEjuIaN2ooB?e=4hGk2m",
        f"https://{HOST}/:b:/g/personal/alice_contoso_com/EY5M64YN0rlGrUEjuIaN2ooB",
        f"https://{HOST}/sites/hub/_layouts/15/guestaccess.aspx?share=EY5M64YN0rlGrUEjuIaN2ooB",
    ],
)
def test_a_link_that_only_sharepoint_can_read_says_so(url: str) -> None:
    address = parse_document_address(url)
    assert address.is_opaque
    assert address.below(LIBRARY) is None


def test_an_id_that_is_none_is_left_out() -> None:
    url = f"https://{HOST}/sites/hub/Shared%20Documents/a.docx?d=w{'z' * 32}&sourcedoc=%7Bnot-an-id%7D"
    path = ("sites", "hub", "Shared Documents", "a.docx")
    assert parse_document_address(url) == DocumentAddress(HOST, path, ("sites", "hub"))


@pytest.mark.parametrize(
    "text",
    ["", "leave.docx", "/sites/hub/a.docx", "ftp://contoso.sharepoint.com/a", "https://", "https://localhost/a",
     "https://contoso.sharepoint.com@evil.example/a", "https://[::1]/a", "https://[/a", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_document_address(text)
    assert refused.value.code == "url_malformed"

"""The public port: routes, the static site, and what is not there."""

import base64
import hashlib
import json

import pytest


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    from onebox_running import RunningHost

    folder = tmp_path_factory.mktemp("out")
    (folder / "_next" / "static").mkdir(parents=True)
    (folder / "index.html").write_text("<html><script>let a = 1</script><script src='/x.js'></script></html>")
    (folder / "bots.html").write_text("<html>bots</html>")
    (folder / "bots.txt").write_text("rsc")
    (folder / "404.html").write_text("<html>nowhere</html>")
    (folder / "_next" / "static" / "a.js").write_text("1")
    (folder / "_next" / "static" / "a.js.br").write_bytes(b"packed by br")
    (folder / "_next" / "static" / "a.js.gz").write_bytes(b"packed by gzip")
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    host = RunningHost("patterns", tmp_path_factory.mktemp("site") / "data", "--static", str(folder))
    yield host
    host.close()


def test_a_catch_all_route_gets_the_rest_the_query_and_the_body(site):
    status, headers, body = site.request("POST", "/api/echo/a/b%20c?q=1", b"text", **{"X-Test": "y"})
    assert (status, headers["X-Answer"]) == (200, "42")
    assert json.loads(body) == {"method": "POST", "rest": "a/b c", "q": "1", "body": "text", "x": "y"}


def test_a_catch_all_route_matches_the_bare_path_too(site):
    assert json.loads(site.request("GET", "/api/echo")[2])["rest"] in (None, "")


def test_a_literal_route_beats_a_catch_all(site):
    assert site.request("GET", "/api/echo/literal")[2] == b"literal"


def test_a_method_that_is_not_listed_is_405(site):
    status, headers, _ = site.request("DELETE", "/api/echo/x")
    assert (status, headers["Allow"]) == (405, "GET, POST")


def test_a_function_that_raises_is_a_bare_500(site):
    status, _, body = site.request("GET", "/api/broken")
    assert (status, body) == (500, b"")


@pytest.mark.parametrize("path", ["/api/none", "/api", "/admin/host/status", "/runtime/webhooks/durabletask/instances", "/ADMIN/x"])
def test_what_is_not_there_is_a_json_404(site, path):
    status, headers, body = site.request("GET", path)
    assert (status, headers["Content-Type"], json.loads(body)["code"]) == (404, "application/problem+json; charset=utf-8", "NOT_FOUND")


def test_pages_are_asked_for_again_and_static_files_kept_for_ever(site):
    assert site.request("GET", "/")[1]["Cache-Control"] == "no-cache"
    assert site.request("GET", "/bots.txt")[1]["Cache-Control"] == "no-cache"
    assert site.request("GET", "/_next/static/a.js")[1]["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("takes", "coding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"packed by br"),
        ("gzip;q=1.0, br;q=0", "gzip", b"packed by gzip"),
        ("identity", None, b"1"),
        ("", None, b"1"),
    ],
)
def test_a_packed_file_goes_to_whoever_takes_it(site, takes, coding, body):
    _, headers, sent = site.request("GET", "/_next/static/a.js", **{"Accept-Encoding": takes})
    assert (headers.get("Content-Encoding"), sent) == (coding, body)
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["Content-Type"].endswith("javascript; charset=utf-8")


def test_a_packed_file_has_no_address_of_its_own(site):
    assert site.request("GET", "/_next/static/a.js.br")[0] == 404


def test_a_page_the_browser_still_has_is_not_sent_again(site):
    mark = site.request("GET", "/bots/")[1]["ETag"]
    status, headers, body = site.request("GET", "/bots/", **{"If-None-Match": mark})
    assert (status, headers["ETag"], body) == (304, mark, b"")
    assert site.request("GET", "/bots/", **{"If-None-Match": '"another"'})[0] == 200


def test_a_head_is_told_the_length_and_sent_nothing(site):
    status, headers, body = site.request("HEAD", "/bots/")
    assert (status, headers["Content-Length"], body) == (200, str(len("<html>bots</html>")), b"")


@pytest.mark.parametrize("path", ["/bots", "/bots/", "/bots.html"])
def test_a_page_is_found_by_its_clean_path(site, path):
    assert site.request("GET", path)[2] == b"<html>bots</html>"


def test_an_unknown_page_is_the_sites_own_404(site):
    status, _, body = site.request("GET", "/nowhere")
    assert (status, body) == (404, b"<html>nowhere</html>")


@pytest.mark.parametrize("path", ["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/link.txt", "/_next/../../secret.txt"])
def test_nothing_outside_the_site_is_served(site, path):
    status, _, body = site.request("GET", path)
    assert status == 404
    assert b"secret" not in body


def test_the_policy_allows_exactly_the_inline_scripts_that_are_there(site):
    headers = site.request("GET", "/")[1]
    digest = base64.b64encode(hashlib.sha256(b"let a = 1").digest()).decode()
    scripts = next(part for part in headers["Content-Security-Policy"].split("; ") if part.startswith("script-src"))
    assert scripts == f"script-src 'self' 'sha256-{digest}'"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]


def test_a_body_over_the_limit_is_413(site):
    status, _, body = site.request("POST", "/api/echo/x", b"x" * (17 << 20))
    assert (status, json.loads(body)["code"]) == (413, "BODY_TOO_LARGE")

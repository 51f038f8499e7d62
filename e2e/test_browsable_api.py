def test_the_root_leads_to_the_tasks(page):
    page.goto("/")

    assert page.url.endswith("/api/tasks")

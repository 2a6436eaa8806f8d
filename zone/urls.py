"""The site map: addresses without a language, which machines read, and the pages, which the project puts under each."""

from django.contrib.sitemaps.views import index, sitemap
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import cache_control

from zone import feeds
from zone.sitemaps import SITEMAPS
from zone.views import answers, machines, overviews, previews, records, statements

without_language = [
    path("healthz", machines.healthz, name="healthz"),
    path("readyz", machines.readyz, name="readyz"),
    path("robots.txt", machines.robots, name="robots"),
    path(".well-known/security.txt", machines.security, name="security"),
    path("favicon.ico", machines.favicon, name="favicon"),
    path("gtfs.zip", overviews.gtfs, name="gtfs"),
    path(
        "sitemap.xml", answers.page(index), {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap_file"}, name="sitemap"
    ),
    path(
        "sitemaps/<slug:section>.xml",
        answers.page(cache_control(no_cache=True)(sitemap)),
        {"sitemaps": SITEMAPS},
        name="sitemap_file",
    ),
]

organisations = [
    path("", records.organisation_list, name="organisation_list"),
    path("<slug:slug>/", records.organisation_detail, name="organisation_detail"),
]

facilities = [
    path("", records.facility_list, name="facility_list"),
    path("compare/", records.facility_compare, name="facility_compare"),
    path("<slug:slug>/", records.facility_detail, name="facility_detail"),
    path("<slug:slug>/sheet/", records.facility_sheet, name="facility_sheet"),
]

news = [
    path("", records.news_list, name="news_list"),
    path("print/", records.news_print, name="news_print"),
    path("<slug:slug>/", records.news_detail, name="news_detail"),
]

figures = [
    path("", records.figure_list, name="figure_list"),
    path("<slug:slug>/", records.figure_detail, name="figure_detail"),
    path("<slug:slug>/observations.csv", records.figure_observations, name="figure_observations"),
    path("<slug:slug>/chart-<int:number>.svg", records.figure_chart, name="figure_chart"),
]

fields = [
    path("", records.field_list, name="field_list"),
    path("<slug:slug>/", records.field_detail, name="field_detail"),
]

parks = [
    path("", records.park_list, name="park_list"),
    path("<slug:slug>/", records.park_detail, name="park_detail"),
]

sources = [
    path("", records.source_list, name="source_list"),
    path("<slug:slug>/", records.source_detail, name="source_detail"),
]

subscriptions = [
    path("news/", answers.page(feeds.news_feed), name="news_feed"),
    path("organisations/", answers.page(feeds.organisation_feed), name="organisation_feed"),
    path("facilities/", answers.page(feeds.facility_feed), name="facility_feed"),
    path("changes/", answers.page(feeds.change_feed), name="change_feed"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overviews.home, name="home"),
    path("organisations/", include(organisations)),
    path("facilities/", include(facilities)),
    path("news/", include(news)),
    path("figures/", include(figures)),
    path("fields/", include(fields)),
    path("parks/", include(parks)),
    path("sources/", include(sources)),
    path("feeds/", include(subscriptions)),
    path("getting-here/", overviews.getting_here, name="getting_here"),
    path("getting-here/<slug:name>.ics", overviews.calendar, name="calendar"),
    path("search/", overviews.search_page, name="search"),
    path("search/suggestions/", overviews.search_suggestions, name="search_suggestions"),
    path("timeline/", overviews.timeline_page, name="timeline"),
    path("about/", statements.about, name="about"),
    path("accessibility/", statements.accessibility, name="accessibility"),
    path("privacy/", statements.privacy, name="privacy"),
    path("content-policy/", statements.content_policy, name="content_policy"),
    path("style/", statements.style, name="style"),
    path("report/", statements.report, name="report"),
    path("report/thanks/", statements.report_thanks, name="report_thanks"),
    path("preview/<str:token>/", previews.preview, name="preview"),
    path("site.webmanifest", machines.manifest, name="manifest"),
]

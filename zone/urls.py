"""The site map: what machines read, and the pages, which the project puts under each language."""

from django.contrib.sitemaps.views import sitemap
from django.urls import URLPattern, URLResolver, include, path

from zone import feeds, views
from zone.sitemaps import SITEMAPS

machines = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("gtfs.zip", views.gtfs, name="gtfs"),
    path("sitemap.xml", views.page(sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
]

organisations = [
    path("", views.organisation_list, name="organisation_list"),
    path("<slug:slug>/", views.organisation_detail, name="organisation_detail"),
]

facilities = [
    path("", views.facility_list, name="facility_list"),
    path("compare/", views.facility_compare, name="facility_compare"),
    path("<slug:slug>/", views.facility_detail, name="facility_detail"),
    path("<slug:slug>/sheet/", views.facility_sheet, name="facility_sheet"),
]

news = [
    path("", views.news_list, name="news_list"),
    path("print/", views.news_print, name="news_print"),
    path("<slug:slug>/", views.news_detail, name="news_detail"),
]

figures = [
    path("", views.figure_list, name="figure_list"),
    path("<slug:slug>/", views.figure_detail, name="figure_detail"),
    path("<slug:slug>/observations.csv", views.figure_observations, name="figure_observations"),
    path("<slug:slug>/chart-<int:number>.svg", views.figure_chart, name="figure_chart"),
]

fields = [
    path("", views.field_list, name="field_list"),
    path("<slug:slug>/", views.field_detail, name="field_detail"),
]

parks = [
    path("", views.park_list, name="park_list"),
    path("<slug:slug>/", views.park_detail, name="park_detail"),
]

sources = [
    path("", views.source_list, name="source_list"),
    path("<slug:slug>/", views.source_detail, name="source_detail"),
]

subscriptions = [
    path("news/", views.page(feeds.news_feed), name="news_feed"),
    path("organisations/", views.page(feeds.organisation_feed), name="organisation_feed"),
    path("facilities/", views.page(feeds.facility_feed), name="facility_feed"),
    path("changes/", views.page(feeds.change_feed), name="change_feed"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("organisations/", include(organisations)),
    path("facilities/", include(facilities)),
    path("news/", include(news)),
    path("figures/", include(figures)),
    path("fields/", include(fields)),
    path("parks/", include(parks)),
    path("sources/", include(sources)),
    path("feeds/", include(subscriptions)),
    path("getting-here/", views.getting_here, name="getting_here"),
    path("getting-here/<slug:name>.ics", views.calendar, name="calendar"),
    path("search/", views.search_page, name="search"),
    path("search/suggestions/", views.search_suggestions, name="search_suggestions"),
    path("timeline/", views.timeline_page, name="timeline"),
    path("about/", views.about, name="about"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("content-policy/", views.content_policy, name="content_policy"),
    path("style/", views.style, name="style"),
    path("report/", views.report, name="report"),
    path("report/thanks/", views.report_thanks, name="report_thanks"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("site.webmanifest", views.manifest, name="manifest"),
]

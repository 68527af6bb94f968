# SPDX-License-Identifier: Apache-2.0
"""Believe a report, untangle duplicates, refuse a bad patch.

The clearinghouse's engines, each usable on its own; `duplicates` says which record a report is.
Everything read here was written by others and is hostile text (R20).
"""

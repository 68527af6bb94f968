# SPDX-License-Identifier: Apache-2.0
"""Proofhouse: voluntary, time-boxed testing of frontier AI models before their release.

The rooms and their order are drawn in docs/map.md. An outsider's check of a bundle is
``proofhouse.verify``; all else is reached through the command line.
"""

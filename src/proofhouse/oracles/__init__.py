# SPDX-License-Identifier: Apache-2.0
"""The oracles: whether a proof does what it claims, judged in a sandbox of its own."""

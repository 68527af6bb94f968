# SPDX-License-Identifier: Apache-2.0
"""The bank: item families, pure. (derivation key, level, index) → item, oracle, solution."""

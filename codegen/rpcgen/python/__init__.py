"""One target language: model → names → views → render → output."""

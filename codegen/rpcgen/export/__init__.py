"""Other people's forms of a contract: model → OpenRPC, AsyncAPI, JSON Schema. Pure."""

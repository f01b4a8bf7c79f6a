"""JSON-RPC 2.0 over HTTP.

headers (what travels beside the envelope; pure) → client, application (ASGI), server (uvicorn)
"""

module example.com/edge/client

go 1.23

require example.com/edge/idempotency v0.0.0

replace example.com/edge/idempotency => ../.cache/generated/openapi-generator-go

# The studio, then the binary with the studio in it, then an image with little else.

FROM node:20-bookworm-slim AS studio
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM rust:1.95-bookworm AS binary
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY engine/ engine/
COPY formats/ formats/
COPY api/ api/
COPY cli/ cli/
COPY migrations/ migrations/
COPY --from=studio /build/frontend/dist frontend/dist
RUN cargo build --release --locked -p cli --features studio && strip target/release/synthetic-data

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /synthetic-data-ai synthetic \
    && mkdir -p /synthetic-data-ai/data \
    && chown -R synthetic /synthetic-data-ai
COPY --from=binary /build/target/release/synthetic-data /usr/local/bin/synthetic-data
USER synthetic
WORKDIR /synthetic-data-ai
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/synthetic-data-ai/data
VOLUME /synthetic-data-ai/data
EXPOSE 8000
CMD ["synthetic-data", "serve"]

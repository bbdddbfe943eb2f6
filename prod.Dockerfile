# syntax=docker/dockerfile:1
# The studio, then the dependencies, then the binary with the studio in it, then an image with little else.
#
#   docker build -f prod.Dockerfile -t synthetic-data .
#   docker build -f prod.Dockerfile -t synthetic-data --build-arg CARGO_BUILD_JOBS=1 .     where memory is short

FROM node:20-bookworm-slim AS studio
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM rust:1.95-bookworm AS binary
# Compilations at once: one takes up to 3.2 GB of memory, two up to 5. By default as many as there are cores.
ARG CARGO_BUILD_JOBS
# Optimising across crates would cost minutes and gigabytes for some per cent of speed.
ENV CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_DEBUG=false \
    CARGO_PROFILE_RELEASE_STRIP=true \
    CARGO_INCREMENTAL=0
WORKDIR /build
# A layer of dependencies alone: crates without content stand in for our own, so that a change of these compiles nothing else anew.
COPY Cargo.toml Cargo.lock ./
COPY engine/Cargo.toml engine/
COPY formats/Cargo.toml formats/
COPY llm/Cargo.toml llm/
COPY llm/scripted-model/Cargo.toml llm/scripted-model/
COPY api/Cargo.toml api/
COPY cli/Cargo.toml cli/
RUN mkdir -p engine/src formats/src formats/benches llm/src llm/tests llm/scripted-model/src api/src api/tests cli/src cli/tests \
    && touch engine/src/lib.rs formats/src/lib.rs formats/benches/write.rs llm/src/lib.rs llm/tests/main.rs llm/scripted-model/src/lib.rs api/src/lib.rs api/tests/main.rs cli/tests/main.rs \
    && echo 'fn main() {}' > cli/src/main.rs \
    && cp cli/src/main.rs api/build.rs \
    && cp cli/src/main.rs llm/scripted-model/src/main.rs \
    && cargo build --release --locked -p cli --features studio \
    && rm -rf engine formats llm api cli target/release/.fingerprint/engine-* target/release/.fingerprint/formats-* \
        target/release/.fingerprint/llm-* target/release/.fingerprint/api-* target/release/.fingerprint/cli-*
COPY engine/ engine/
COPY formats/ formats/
COPY llm/ llm/
COPY migrations/ migrations/
COPY api/ api/
COPY cli/ cli/
COPY --from=studio /build/frontend/dist frontend/dist
RUN cargo build --release --locked -p cli --features studio

FROM debian:bookworm-slim
# The owner of what Dokku mounts. Any other user works as well: Heroku takes one of its own. A volume that is new takes the owner of the folder
# that it is mounted on, so each has its folder here.
RUN install -d -o 32767 -g 32767 -m 0755 /synthetic-data-ai \
    && install -d -o 32767 -g 32767 -m 0777 /synthetic-data-ai/data /backups
# For backups in a bucket that is reached over HTTPS.
COPY --from=binary /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=binary /build/target/release/synthetic-data /usr/local/bin/synthetic-data
USER 32767:32767
WORKDIR /synthetic-data-ai
ENV HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/synthetic-data-ai/data
# No EXPOSE: Dokku would publish that port in place of 80 and 443. No ENTRYPOINT: `dokku run APP synthetic-data migrate` names the program.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>\"/dev/tcp/127.0.0.1/${PORT}\" && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"${status}\" = 200 ]"]
CMD ["synthetic-data", "serve"]

# A static program in an image with a shell and nothing else, run by a user without rights:
#   docker build -t modelward .
#   docker run --rm --network none --read-only --tmpfs /tmp -v "$PWD:/scan:ro" modelward scan /scan
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --release --locked --package modelward --target x86_64-unknown-linux-gnu

FROM busybox:stable-musl
COPY --from=build /source/target/x86_64-unknown-linux-gnu/release/modelward /bin/modelward
USER 65532:65532
WORKDIR /scan
ENTRYPOINT ["/bin/modelward"]
CMD ["--help"]

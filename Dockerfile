# docker build -t rivulet .
# docker run -p 3000:3000 rivulet
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make
WORKDIR /rivulet
COPY scripts scripts
RUN scripts/deps.sh build
COPY Makefile .
COPY src src
COPY www www
RUN make -j"$(nproc)" VARIANT=static

# The server needs no file but itself.
FROM scratch
COPY --from=build /rivulet/build/static/rivulet /rivulet
USER 65534:65534
ENV RIVULET_LISTEN=0.0.0.0:3000
EXPOSE 3000
# Asks where RIVULET_ADMIN_LISTEN, or RIVULET_LISTEN and PORT, say; flags of the
# command it does not see.
HEALTHCHECK --interval=10s --timeout=5s CMD ["/rivulet", "--healthcheck"]
ENTRYPOINT ["/rivulet"]

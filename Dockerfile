# The course in a container, as a user without rights:
#   docker build --tag dqn-tutorial .
#   docker run --rm --publish 127.0.0.1:8888:8888 --volume dqn-course:/home/learner/course dqn-tutorial
# and open the address that it prints with 127.0.0.1 in it. Not tried.
FROM python:3.13-slim
ARG INDEX=""
RUN useradd --create-home --uid 1000 learner \
    && install --directory --owner=learner /home/learner/course
COPY . /opt/dqn-tutorial
WORKDIR /opt/dqn-tutorial
RUN python -m pip install --no-cache-dir ${INDEX:+--extra-index-url "$INDEX"} --requirement requirements.txt
USER learner
WORKDIR /home/learner
EXPOSE 8888
CMD ["dqn-tutorial", "course", "/home/learner/course", "--", "--ServerApp.ip=0.0.0.0", "--ServerApp.allow_remote_access=True"]

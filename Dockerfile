# One image for web, worker and beat; docker-compose.yml says which is which. Nothing in it is a secret.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 POLARS_MAX_THREADS=1
WORKDIR /app

# the same lock as everywhere: every package pinned by hash, nothing resolved here
COPY requirements/runtime.lock requirements/runtime.lock
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.lock

COPY . .
# neither secret nor address is needed to gather static files; the placeholders are gone with this line
RUN python script/compile_translations.py \
 && SECRET_KEY=$(printf 'x%.0s' $(seq 50)) DATABASE_URL=postgresql://build@localhost/none REDIS_URL=redis://localhost \
    python manage.py collectstatic --no-input \
 && useradd --system --no-create-home fidelio \
 && install -d -o fidelio /var/lib/fidelio/files

USER fidelio
EXPOSE 8000
CMD ["gunicorn", "loyalty.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--access-logfile", "-"]

"""The peer of the benchmark: the same API, written like the tutorials of FastAPI.

FastAPI, SQLModel and PyJWT, synchronous endpoints, one session per request, a pooled engine.

    DATABASE_URL=postgresql://… JWT_SECRET=… uvicorn main:app --workers 2
"""

# mypy: ignore-errors
# It runs in a separate environment, which does not share packages with the project.
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import jwt
from anyio import to_thread
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Column, DateTime
from sqlmodel import Field, Session, SQLModel, create_engine, select

SECRET = os.environ["JWT_SECRET"]
engine = create_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://"),
    pool_size=20,
    max_overflow=20,
)


def now() -> datetime:
    return datetime.now(UTC)


class User(SQLModel, table=True):
    __tablename__ = "peer_user"
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True, index=True)


class Task(SQLModel, table=True):
    __tablename__ = "peer_task"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="peer_user.id", index=True)
    title: str = Field(max_length=200)
    description: str = ""
    completed: bool = Field(default=False, index=True)
    priority: int = 0
    due_date: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True)))
    updated_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True)))


class TaskCreate(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    priority: int = 0
    due_date: datetime | None = None


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = None
    completed: bool | None = None
    priority: int | None = None
    due_date: datetime | None = None


class TaskResponse(SQLModel):
    id: int
    title: str
    description: str
    completed: bool
    priority: int
    due_date: datetime | None
    created_at: datetime
    updated_at: datetime


class Status(StrEnum):
    all = "all"
    pending = "pending"
    completed = "completed"


class Sort(StrEnum):
    created = "created"
    title = "title"
    due_date = "due_date"


def get_session():
    with Session(engine) as session:
        yield session


def get_current_user(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> int:
    """Trusts the token, without a look-up of the user."""
    try:
        return int(jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])["user_id"])
    except (jwt.PyJWTError, KeyError, ValueError):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Invalid token") from None


DB = Annotated[Session, Depends(get_session)]
Me = Annotated[int, Depends(get_current_user)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # With the default of 40 threads the peer can stand still for 30 s: all of them wait for a
    # connection, and none is left to close the sessions that have one.
    to_thread.current_default_thread_limiter().total_tokens = 150
    yield


app = FastAPI(title="Todo (peer)", lifespan=lifespan)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)
SQLModel.metadata.create_all(engine)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/tasks", response_model=list[TaskResponse])
def list_tasks(db: DB, me: Me, status: Status = Status.all, sort: Sort = Sort.created):
    query = select(Task).where(Task.user_id == me)
    if status is not Status.all:
        query = query.where(Task.completed == (status is Status.completed))
    order = {
        Sort.created: Task.created_at.desc(),
        Sort.title: Task.title,
        Sort.due_date: Task.due_date,
    }[sort]
    return db.exec(query.order_by(order).limit(100)).all()


@app.post("/api/tasks", response_model=TaskResponse, status_code=201)
def create_task(body: TaskCreate, db: DB, me: Me):
    task = Task(**body.model_dump(), user_id=me)
    db.add(task)
    db.commit()
    db.refresh(task)
    return task


def owned(db: Session, me: int, task_id: int) -> Task:
    task = db.get(Task, task_id)
    if task is None:
        raise HTTPException(404, "Task not found")
    if task.user_id != me:
        raise HTTPException(403, "Not your task")
    return task


@app.get("/api/tasks/{task_id}", response_model=TaskResponse)
def get_task(task_id: int, db: DB, me: Me):
    return owned(db, me, task_id)


@app.put("/api/tasks/{task_id}", response_model=TaskResponse)
def update_task(task_id: int, body: TaskUpdate, db: DB, me: Me):
    task = owned(db, me, task_id)
    for key, value in body.model_dump(exclude_unset=True).items():
        setattr(task, key, value)
    task.updated_at = now()
    db.add(task)
    db.commit()
    db.refresh(task)
    return task


@app.delete("/api/tasks/{task_id}", status_code=204)
def delete_task(task_id: int, db: DB, me: Me):
    db.delete(owned(db, me, task_id))
    db.commit()


@app.patch("/api/tasks/{task_id}/complete", response_model=TaskResponse)
def complete_task(task_id: int, db: DB, me: Me):
    task = owned(db, me, task_id)
    task.completed = not task.completed
    task.updated_at = now()
    db.add(task)
    db.commit()
    db.refresh(task)
    return task

"""A reader of dates: a GRU encoder-decoder, with one of three scores in its attention or with none."""

import math

import torch
from torch import Tensor, nn

from course_utils.data.dates import INPUT_CHARACTERS, OUTPUT_CHARACTERS, OUTPUT_LENGTH, PADDING, START
from course_utils.networks._arguments import (
    require_counts,
    require_floats,
    require_mask,
    require_targets,
    text_lengths,
)


class AdditiveScore(nn.Module):
    """Score keys against a query by a small network, v · tanh(W q + U k): the score of Bahdanau et al.

    Parameters
    ----------
    d_query, d_key : int
        Components of a query and of a key; they may differ.
    hidden : int
        Width of the hidden layer.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), arXiv:1409.0473.

    Examples
    --------
    >>> AdditiveScore(4, 6)(torch.zeros(2, 4), torch.zeros(2, 9, 6)).shape
    torch.Size([2, 9])
    """

    def __init__(self, d_query: int, d_key: int, hidden: int = 64) -> None:
        super().__init__()
        require_counts(d_query=d_query, d_key=d_key, hidden=hidden)
        self.query = nn.Linear(d_query, hidden, bias=False)
        self.key = nn.Linear(d_key, hidden)
        self.v = nn.Linear(hidden, 1, bias=False)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (n, n_keys) of keys (n, n_keys, d_key) against a query (n, d_query)."""
        _require_query_and_keys(query, keys, self.query.in_features, self.key.in_features)
        return self.compare(query, self.prepare(keys))

    def prepare(self, keys: Tensor) -> Tensor:
        """Return, once for all queries, the part that asks for keys alone."""
        return self.key(keys)

    def compare(self, query: Tensor, prepared: Tensor) -> Tensor:
        """Return the scores of prepared keys against a query."""
        return self.v(torch.tanh(self.query(query)[:, None] + prepared))[..., 0]


class DotScore(nn.Module):
    """Score keys by their dot products with a query, q · k: nothing to learn, so both are equally long.

    Parameters
    ----------
    d_query, d_key : int
        Components of a query and of a key, equal.

    References
    ----------
    Luong, Pham and Manning (2015), arXiv:1508.04025.

    Examples
    --------
    >>> DotScore(2, 2)(torch.tensor([[1.0, 2.0]]), torch.tensor([[[3.0, 4.0], [0.0, 1.0]]]))
    tensor([[11.,  2.]])
    """

    def __init__(self, d_query: int, d_key: int) -> None:
        super().__init__()
        require_counts(d_query=d_query, d_key=d_key)
        if d_query != d_key:
            raise ValueError(
                f"d_query is {d_query} and d_key {d_key}; expected equal ones for a dot product."
            )
        self.length = d_query

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (n, n_keys) of keys (n, n_keys, d) against a query (n, d)."""
        _require_query_and_keys(query, keys, self.length, self.length)
        return self.compare(query, self.prepare(keys))

    def prepare(self, keys: Tensor) -> Tensor:
        """Return the keys as they are: there is nothing to prepare."""
        return keys

    def compare(self, query: Tensor, prepared: Tensor) -> Tensor:
        """Return the scores of prepared keys against a query."""
        return (prepared @ query[..., None])[..., 0]


class GeneralScore(nn.Module):
    """Score keys against a query through a learned matrix, q · W k: they may differ in length.

    Parameters
    ----------
    d_query, d_key : int
        Components of a query and of a key.

    References
    ----------
    Luong, Pham and Manning (2015), arXiv:1508.04025.

    Examples
    --------
    >>> GeneralScore(4, 6)(torch.zeros(2, 4), torch.zeros(2, 9, 6)).shape
    torch.Size([2, 9])
    """

    def __init__(self, d_query: int, d_key: int) -> None:
        super().__init__()
        require_counts(d_query=d_query, d_key=d_key)
        self.key = nn.Linear(d_key, d_query, bias=False)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (n, n_keys) of keys (n, n_keys, d_key) against a query (n, d_query)."""
        _require_query_and_keys(query, keys, self.key.out_features, self.key.in_features)
        return self.compare(query, self.prepare(keys))

    def prepare(self, keys: Tensor) -> Tensor:
        """Return, once for all queries, the part that asks for keys alone."""
        return self.key(keys)

    def compare(self, query: Tensor, prepared: Tensor) -> Tensor:
        """Return the scores of prepared keys against a query."""
        return (prepared @ query[..., None])[..., 0]


SCORES = {"additive": AdditiveScore, "dot": DotScore, "general": GeneralScore}


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Return scores as weights that are zero wherever the mask is False.

    Parameters
    ----------
    scores : torch.Tensor
        Shape (..., n_keys).
    mask : torch.Tensor
        bool, of a shape that broadcasts to the scores'; each row has at least one True.

    Returns
    -------
    torch.Tensor
        Weights in the shape of the scores; each row sums to 1.

    Raises
    ------
    ValueError
        If `mask` is not bool or does not fit the scores, or one of its rows is all False.

    Examples
    --------
    >>> masked_softmax(torch.zeros(4), torch.tensor([True, True, False, False]))
    tensor([0.5000, 0.5000, 0.0000, 0.0000])
    """
    require_floats("scores", scores)
    require_mask(mask, scores, "the scores' shape")
    if not mask.any(dim=-1).all():
        raise ValueError(
            f"mask of shape {tuple(mask.shape)} has a row that is all False; "
            "expected at least one True in each row."
        )
    return scores.masked_fill(~mask, -math.inf).softmax(dim=-1)


class DateReader(nn.Module):
    """Read a written date and spell it in ISO form, one character at a time.

    A bidirectional GRU turns the written characters into keys. The decoder, a GRU cell, starts from the last
    states of both directions. At each of its ten steps it is given its previous character and a *context*:
    with attention, an average of the keys whose weights come from the scores of all keys against the
    decoder's state before that step; without, always the encoder's last states.

    Parameters
    ----------
    attention : str or None
        Which score: "additive", "dot", "general", or None for no attention.
    hidden : int
        Components of the decoder's state and of a key; even, since each direction gives half a key.
    embedding : int
        Components of a character's vector.
    seed : int
        Decides the first weights. The score is made last, so all readers begin with the same others.

    Attributes
    ----------
    masked : bool
        Whether attention is kept from padding. True; set it to False to see what a forgotten mask does.

    Raises
    ------
    ValueError
        If `attention` is unknown, a number is below 1, or `hidden` is odd.

    References
    ----------
    Cho et al. (2014), arXiv:1406.1078, without attention; Bahdanau, Cho and Bengio (2015), arXiv:1409.0473.

    Examples
    --------
    >>> reader = DateReader("additive")
    >>> inputs, targets = torch.ones(2, 7, dtype=torch.long), torch.zeros(2, 10, dtype=torch.long)
    >>> logits, weights = reader(inputs, targets)
    >>> logits.shape, weights.shape
    (torch.Size([2, 10, 11]), torch.Size([2, 10, 7]))
    """

    def __init__(
        self, attention: str | None = "additive", *, hidden: int = 64, embedding: int = 32, seed: int = 0
    ) -> None:
        super().__init__()
        if attention not in (None, *SCORES):
            raise ValueError(f"attention is {attention!r}; expected None or one of {tuple(SCORES)}.")
        require_counts(hidden=hidden, embedding=embedding)
        if hidden % 2:
            raise ValueError(f"hidden is {hidden}; expected an even number of at least 2.")
        self.masked = True
        with torch.random.fork_rng(devices=[]):  # leaves the caller's random numbers as they were
            torch.default_generator.manual_seed(seed)
            self.written = nn.Embedding(len(INPUT_CHARACTERS) + 1, embedding, padding_idx=PADDING)
            self.encoder = nn.GRU(embedding, hidden // 2, batch_first=True, bidirectional=True)
            self.previous = nn.Embedding(len(OUTPUT_CHARACTERS) + 1, embedding)
            self.first_state = nn.Linear(hidden, hidden)
            self.cell = nn.GRUCell(embedding + hidden, hidden)
            self.spell = nn.Linear(2 * hidden, len(OUTPUT_CHARACTERS))
            self.score = None if attention is None else SCORES[attention](hidden, hidden)

    def encode(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Read the texts in both directions, each only to its end.

        Parameters
        ----------
        inputs : torch.Tensor
            Character ids, int64, (n, longest), 0 behind the end of each text.

        Returns
        -------
        tuple of torch.Tensor
            keys, (n, longest, hidden), zero behind the end, and the last states of both directions, joined:
            (n, hidden).

        Raises
        ------
        ValueError
            If `inputs` is no batch of texts, a text is empty, or there is padding inside one.
        """
        lengths = text_lengths(inputs)
        packed = nn.utils.rnn.pack_padded_sequence(
            self.written(inputs), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        packed_keys, last = self.encoder(packed)
        keys, _ = nn.utils.rnn.pad_packed_sequence(
            packed_keys, batch_first=True, total_length=inputs.shape[1]
        )
        return keys, torch.cat([last[0], last[1]], dim=1)

    def forward(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits, with teacher forcing: the decoder is always given the true previous character.

        Parameters
        ----------
        inputs : torch.Tensor
            Character ids, int64, (n, longest), 0 behind the end of each text.
        targets : torch.Tensor
            The true output ids, int64, (n, 10).

        Returns
        -------
        tuple of torch.Tensor
            logits, (n, 10, 11), and weights, (n, 10, longest): the attention for each output character.
            Without attention the weights are not a number (NaN).

        Raises
        ------
        ValueError
            If a shape is not as stated or a text is empty.
        """
        require_targets(targets, inputs)
        return self._spell(inputs, targets)

    @torch.no_grad()
    def read(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return output read freely: the decoder is given its own previous character, the likeliest one.

        Parameters
        ----------
        inputs : torch.Tensor
            Character ids, int64, (n, longest), 0 behind the end of each text.

        Returns
        -------
        tuple of torch.Tensor
            output ids, int64, (n, 10), and weights, (n, 10, longest).

        Raises
        ------
        ValueError
            As for `encode`.
        """
        logits, weights = self._spell(inputs, None)
        return logits.argmax(dim=2), weights

    def _spell(self, inputs: Tensor, targets: Tensor | None) -> tuple[Tensor, Tensor]:
        """Run the ten steps; without targets, feed back the reader's own characters."""
        keys, last = self.encode(inputs)
        mask = (inputs != PADDING) if self.masked else torch.ones_like(inputs, dtype=torch.bool)
        prepared = keys if self.score is None else self.score.prepare(keys)
        state = torch.tanh(self.first_state(last))
        context, weights = last, torch.full(inputs.shape, math.nan, device=inputs.device)
        previous = torch.full((len(inputs),), START, device=inputs.device)
        all_logits, all_weights = [], []
        for step in range(OUTPUT_LENGTH):
            if self.score is not None:
                weights = masked_softmax(self.score.compare(state, prepared), mask)
                context = (weights[:, None] @ keys)[:, 0]
            state = self.cell(torch.cat([self.previous(previous), context], dim=1), state)
            logits = self.spell(torch.cat([state, context], dim=1))
            previous = logits.argmax(dim=1) if targets is None else targets[:, step]
            all_logits.append(logits)
            all_weights.append(weights)
        return torch.stack(all_logits, dim=1), torch.stack(all_weights, dim=1)


def _require_query_and_keys(query: Tensor, keys: Tensor, d_query: int, d_key: int) -> None:
    """Refuse a query and keys that do not fit the score."""
    require_floats("query", query)
    require_floats("keys", keys)
    if query.ndim != 2 or query.shape[1] != d_query:
        raise ValueError(f"query has shape {tuple(query.shape)}; expected (n, {d_query}).")
    if keys.ndim != 3 or len(keys) != len(query) or keys.shape[2] != d_key:
        raise ValueError(f"keys has shape {tuple(keys.shape)}; expected ({len(query)}, n_keys, {d_key}).")

"""The Transformer from its pieces: multi-head attention, encoder and decoder layers, a reader of dates.

Masks are booleans that are True where a query may attend to a key, as in PyTorch's
`scaled_dot_product_attention`; its `nn.MultiheadAttention` means the opposite by True.
"""

import math

import torch
from torch import Tensor, nn

from course_utils._arguments import require_count
from course_utils.data.dates import INPUT_CHARACTERS, OUTPUT_CHARACTERS, OUTPUT_LENGTH, PADDING, START
from course_utils.networks._arguments import require_kind, require_mask, require_targets, text_lengths

ACTIVATIONS = {"relu": nn.functional.relu, "gelu": nn.functional.gelu}


def split_heads(vectors: Tensor, n_heads: int) -> Tensor:
    """Return the components of every vector shared out among the heads.

    Parameters
    ----------
    vectors : torch.Tensor, shape (..., n, d_model)
    n_heads : int
        Divides d_model.

    Returns
    -------
    torch.Tensor, shape (..., n_heads, n, d_model / n_heads)

    Raises
    ------
    ValueError
        If `vectors` has fewer than two axes, or `n_heads` does not divide d_model.

    Examples
    --------
    >>> split_heads(torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]), n_heads=2).tolist()
    [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]
    """
    require_kind("vectors", vectors, Tensor)
    if vectors.ndim < 2:
        raise ValueError(f"vectors has shape {tuple(vectors.shape)}; expected (..., n, d_model).")
    _require_heads(vectors.shape[-1], n_heads)
    return vectors.unflatten(-1, (n_heads, -1)).transpose(-3, -2)


def join_heads(heads: Tensor) -> Tensor:
    """Return the heads' components side by side again: the inverse of `split_heads`.

    Parameters
    ----------
    heads : torch.Tensor, shape (..., n_heads, n, d_head)

    Returns
    -------
    torch.Tensor, shape (..., n, n_heads * d_head)

    Raises
    ------
    ValueError
        If `heads` has fewer than three axes.

    Examples
    --------
    >>> join_heads(split_heads(torch.arange(8).reshape(2, 4), n_heads=2)).tolist()
    [[0, 1, 2, 3], [4, 5, 6, 7]]
    """
    require_kind("heads", heads, Tensor)
    if heads.ndim < 3:
        raise ValueError(f"heads has shape {tuple(heads.shape)}; expected (..., n_heads, n, d_head).")
    return heads.transpose(-3, -2).flatten(-2)


class MultiHeadAttention(nn.Module):
    """Let several attentions, each on its own projections, answer every query, and mix their answers.

    Parameters
    ----------
    d_model : int
        Components of a token, in and out.
    n_heads : int
        Attentions side by side; divides d_model, and each has d_model / n_heads components.

    Raises
    ------
    ValueError
        If a number is below 1, or `n_heads` does not divide `d_model`.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need, section 3.2.2. arXiv:1706.03762

    Examples
    --------
    >>> output, weights = MultiHeadAttention(8, n_heads=2)(torch.randn(3, 5, 8))
    >>> output.shape, weights.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 2, 5, 5]))
    """

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        _require_heads(require_count("d_model", d_model), n_heads)
        self.d_model, self.n_heads = d_model, n_heads
        self.to_queries, self.to_keys, self.to_values, self.to_output = (
            nn.Linear(d_model, d_model) for _ in range(4)
        )

    @classmethod
    def from_torch(cls, theirs: nn.MultiheadAttention) -> "MultiHeadAttention":
        """Return one with copies of the weights of PyTorch's, which keeps three matrices in one.

        Parameters
        ----------
        theirs : torch.nn.MultiheadAttention
            Batch first, keys and values as wide as the queries, without dropout or in evaluation mode.

        Returns
        -------
        MultiHeadAttention
            It has no biases if `theirs` has none.

        Raises
        ------
        ValueError
            If `theirs` does what this class cannot.
        """
        require_kind("theirs", theirs, nn.MultiheadAttention)
        _require_attention_like_ours(theirs)
        ours = cls(theirs.embed_dim, theirs.num_heads).to(theirs.in_proj_weight)
        layers = (ours.to_queries, ours.to_keys, ours.to_values)
        parts = [{"weight": weight} for weight in theirs.in_proj_weight.chunk(3)]
        if theirs.in_proj_bias is not None:
            for part, bias in zip(parts, theirs.in_proj_bias.chunk(3), strict=True):
                part["bias"] = bias
        for layer, part in zip(layers, parts, strict=True):
            _fill(layer, part)
        _fill(ours.to_output, theirs.out_proj.state_dict())
        return ours

    def forward(
        self,
        tokens: Tensor,
        memory: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Return what `memory` answers to `tokens`; without one the tokens ask each other (self-attention).

        Parameters
        ----------
        tokens : torch.Tensor, shape (batch, n_queries, d_model)
            The queries are made from them.
        memory : torch.Tensor, shape (batch, n_keys, d_model), optional
            The keys and values are made from it.
        mask : torch.Tensor of bool, optional, broadcasts to (batch, n_heads, n_queries, n_keys)
            True where a query may attend to a key. A query that may attend to nothing gets weights of zero.
        causal : bool
            True lets query i attend to keys 0 to i only; it combines with `mask`.

        Returns
        -------
        tuple of torch.Tensor
            output, (batch, n_queries, d_model), and weights, (batch, n_heads, n_queries, n_keys).

        Raises
        ------
        ValueError
            If the shapes do not fit, or the mask does not hold booleans.
        """
        memory = tokens if memory is None else memory
        _require_tokens("tokens", tokens, self.d_model)
        _require_tokens("memory", memory, self.d_model, len(tokens))
        queries = split_heads(self.to_queries(tokens), self.n_heads)  # (batch, n_heads, n_queries, d_head)
        keys = split_heads(self.to_keys(memory), self.n_heads)  # (batch, n_heads, n_keys, d_head)
        values = split_heads(self.to_values(memory), self.n_heads)
        scores = queries @ keys.mT / math.sqrt(queries.shape[-1])  # (batch, n_heads, n_queries, n_keys)
        allowed = _allowed(scores, mask, causal=causal)
        if allowed is None:
            weights = scores.softmax(dim=-1)
        else:
            weights = scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1).masked_fill(~allowed, 0.0)
        return self.to_output(join_heads(weights @ values)), weights


class EncoderLayer(nn.Module):
    """Self-attention, then the same small network for each token; both are added to what came in.

    Post-norm, as first published, normalises each sum; pre-norm normalises what goes into each part and
    leaves the sums alone, so that a path without any normalisation runs through all layers.

    Parameters
    ----------
    d_model, n_heads : int
        As in `MultiHeadAttention`.
    d_hidden : int
        Width of the small network's hidden layer.
    pre_norm : bool
        Whether to normalise before each part instead of after it.
    activation : {"relu", "gelu"}
        The small network's non-linearity.

    Raises
    ------
    ValueError
        If `n_heads` does not divide `d_model`, or the activation is unknown.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need, sections 3.1 and 3.3. arXiv:1706.03762
    Xiong, R. et al. (2020). On layer normalization in the Transformer architecture. arXiv:2002.04745

    Examples
    --------
    >>> output, weights = EncoderLayer(8, n_heads=2, d_hidden=16)(torch.randn(3, 5, 8))
    >>> output.shape, weights.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 2, 5, 5]))
    """

    def __init__(
        self, d_model: int, n_heads: int, d_hidden: int, *, pre_norm: bool = False, activation: str = "relu"
    ) -> None:
        super().__init__()
        if activation not in list(ACTIVATIONS):
            raise ValueError(f"activation is {activation!r}; expected one of {', '.join(ACTIVATIONS)}.")
        require_count("d_hidden", d_hidden)
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.widen, self.narrow = nn.Linear(d_model, d_hidden), nn.Linear(d_hidden, d_model)
        self.norm_attention, self.norm_network = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.pre_norm, self.activation = pre_norm, activation

    @classmethod
    def from_torch(cls, theirs: nn.TransformerEncoderLayer) -> "EncoderLayer":
        """Return one with copies of the weights of PyTorch's layer, and of its norms' eps.

        Parameters
        ----------
        theirs : torch.nn.TransformerEncoderLayer
            Batch first, relu or gelu, without dropout or in evaluation mode.

        Returns
        -------
        EncoderLayer
            It has no biases if `theirs` has none.

        Raises
        ------
        ValueError
            If `theirs` does what this class cannot.
        """
        require_kind("theirs", theirs, nn.TransformerEncoderLayer)
        ours = cls(
            theirs.self_attn.embed_dim,
            theirs.self_attn.num_heads,
            theirs.linear1.out_features,
            pre_norm=theirs.norm_first,
            activation=_name_of(theirs.activation),
        )
        ours._take_over(theirs, theirs.norm2)
        return ours

    def _take_over(self, theirs: nn.Module, norm_network: nn.LayerNorm) -> None:
        """Write into ours what encoder and decoder layers have in common."""
        _require_no_dropout(theirs)
        self.attention = MultiHeadAttention.from_torch(theirs.self_attn)
        _fill(self.widen, theirs.linear1.state_dict())
        _fill(self.narrow, theirs.linear2.state_dict())
        _fill_norm(self.norm_attention, theirs.norm1)
        _fill_norm(self.norm_network, norm_network)

    def network(self, tokens: Tensor) -> Tensor:
        """Return what the small network makes of each token by itself; shapes (..., d_model)."""
        return self.narrow(ACTIVATIONS[self.activation](self.widen(tokens)))

    def forward(
        self, tokens: Tensor, *, mask: Tensor | None = None, causal: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Return new tokens, (batch, n, d_model), and the weights, (batch, n_heads, n, n).

        Parameters
        ----------
        tokens : torch.Tensor, shape (batch, n, d_model)
        mask, causal
            As in `MultiHeadAttention.forward`.

        Raises
        ------
        ValueError
            If the shapes do not fit.
        """
        if self.pre_norm:
            attended, weights = self.attention(self.norm_attention(tokens), mask=mask, causal=causal)
            tokens = tokens + attended
            return tokens + self.network(self.norm_network(tokens)), weights
        attended, weights = self.attention(tokens, mask=mask, causal=causal)
        tokens = self.norm_attention(tokens + attended)
        return self.norm_network(tokens + self.network(tokens)), weights


class DecoderLayer(EncoderLayer):
    """An encoder layer that sees no later token, and asks a memory between its two parts (cross-attention).

    Parameters
    ----------
    d_model, n_heads, d_hidden : int
        As in `EncoderLayer`. The layer is pre-norm, with relu.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need, section 3.1. arXiv:1706.03762

    Examples
    --------
    >>> output, weights = DecoderLayer(8, n_heads=2, d_hidden=16)(torch.randn(3, 5, 8), torch.randn(3, 7, 8))
    >>> output.shape, weights.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 2, 5, 7]))
    """

    def __init__(self, d_model: int, n_heads: int, d_hidden: int) -> None:
        super().__init__(d_model, n_heads, d_hidden, pre_norm=True)
        self.cross_attention, self.norm_cross = MultiHeadAttention(d_model, n_heads), nn.LayerNorm(d_model)

    @classmethod
    def from_torch(cls, theirs: nn.TransformerDecoderLayer) -> "DecoderLayer":
        """Return one with copies of the weights of PyTorch's layer, which must be pre-norm, with relu.

        Parameters
        ----------
        theirs : torch.nn.TransformerDecoderLayer
            As in `EncoderLayer.from_torch`.

        Returns
        -------
        DecoderLayer

        Raises
        ------
        ValueError
            If `theirs` does what this class cannot.
        """
        require_kind("theirs", theirs, nn.TransformerDecoderLayer)
        if not theirs.norm_first:
            raise ValueError("theirs has norm_first=False; expected norm_first=True.")
        if (name := _name_of(theirs.activation)) != "relu":
            raise ValueError(f"activation is {name}; expected relu.")
        ours = cls(theirs.self_attn.embed_dim, theirs.self_attn.num_heads, theirs.linear1.out_features)
        ours._take_over(theirs, theirs.norm3)
        ours.cross_attention = MultiHeadAttention.from_torch(theirs.multihead_attn)
        _fill_norm(ours.norm_cross, theirs.norm2)
        return ours

    def forward(self, tokens: Tensor, memory: Tensor, *, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return new tokens, (batch, n, d_model), and the cross-attention, (batch, n_heads, n, n_keys).

        Parameters
        ----------
        tokens : torch.Tensor, shape (batch, n, d_model)
        memory : torch.Tensor, shape (batch, n_keys, d_model)
        mask : torch.Tensor of bool, optional, broadcasts to (batch, n_heads, n, n_keys)
            True where a token may attend to an item of the memory.

        Raises
        ------
        ValueError
            If the shapes do not fit.
        """
        tokens = tokens + self.attention(self.norm_attention(tokens), causal=True)[0]
        asked, weights = self.cross_attention(self.norm_cross(tokens), memory, mask=mask)
        tokens = tokens + asked
        return tokens + self.network(self.norm_network(tokens)), weights


class TransformerReader(nn.Module):
    """Read dates by a small Transformer: encoder layers, one decoder layer, and no recurrence anywhere.

    It is called as `course_utils.networks.seq2seq.DateReader` is.

    Parameters
    ----------
    d_model, n_heads, d_hidden : int
        As in `EncoderLayer`; d_model is even.
    n_layers : int
        Encoder layers, at least 1.
    with_positions : bool
        Whether the positions are added to the characters. Without them, the encoder knows which characters
        there are and not their order.
    seed : int
        Decides the first weights.

    Raises
    ------
    ValueError
        If `n_heads` does not divide `d_model`, `d_model` is odd, or `n_layers` is below 1.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need. arXiv:1706.03762

    Examples
    --------
    >>> logits, weights = TransformerReader()(torch.tensor([[5, 6, 7], [8, 9, 0]]), torch.zeros(2, 10).long())
    >>> logits.shape, weights.shape
    (torch.Size([2, 10, 11]), torch.Size([2, 10, 3]))
    """

    def __init__(
        self,
        d_model: int = 64,
        n_heads: int = 4,
        d_hidden: int = 128,
        *,
        n_layers: int = 2,
        with_positions: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        require_count("n_layers", n_layers)
        positions(1, d_model)  # refuses an odd d_model
        self.d_model, self.with_positions = d_model, with_positions
        with torch.random.fork_rng(devices=[]):  # leaves the caller's random numbers as they were
            torch.default_generator.manual_seed(seed)
            self.written = nn.Embedding(len(INPUT_CHARACTERS) + 1, d_model)
            self.previous = nn.Embedding(len(OUTPUT_CHARACTERS) + 1, d_model)
            self.encoder = nn.ModuleList(
                EncoderLayer(d_model, n_heads, d_hidden, pre_norm=True) for _ in range(n_layers)
            )
            self.decoder = DecoderLayer(d_model, n_heads, d_hidden)
            self.norm_memory, self.norm_output = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
            self.spell = nn.Linear(d_model, len(OUTPUT_CHARACTERS))

    def encode(self, inputs: Tensor) -> Tensor:
        """Return each character as a vector that knows of the others.

        Parameters
        ----------
        inputs : torch.Tensor
            Character ids, int64, (n, longest), 0 behind the end of each text.

        Returns
        -------
        torch.Tensor
            The memory that the decoder asks, (n, longest, d_model).

        Raises
        ------
        ValueError
            If `inputs` is no batch of texts, a text is empty, or there is padding inside one.
        """
        text_lengths(inputs)
        tokens, mask = self._placed(self.written(inputs)), _is_text(inputs)
        for layer in self.encoder:
            tokens, _ = layer(tokens, mask=mask)
        return self.norm_memory(tokens)

    def forward(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits, with teacher forcing, of all characters at once: the causal mask hides later ones.

        Parameters
        ----------
        inputs : torch.Tensor
            Character ids, int64, (n, longest), 0 behind the end of each text.
        targets : torch.Tensor
            The true output ids, int64, (n, 10).

        Returns
        -------
        tuple of torch.Tensor
            logits, (n, 10, 11), and the cross-attention's weights averaged over its heads, (n, 10, longest).

        Raises
        ------
        ValueError
            If a shape is not as stated or a text is empty.
        """
        logits, weights = self.look(inputs, targets)
        return logits, weights.mean(dim=1)

    def look(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `forward` does, with the weights of each head, (n, n_heads, 10, longest)."""
        require_targets(targets, inputs)
        return self._spell(self.encode(inputs), targets[:, :-1], _is_text(inputs))

    @torch.no_grad()
    def read(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return output read freely, one character after the other, each from the reader's own previous ones.

        Parameters
        ----------
        inputs : torch.Tensor
            Character ids, int64, (n, longest), 0 behind the end of each text.

        Returns
        -------
        tuple of torch.Tensor
            output ids, int64, (n, 10), and the weights averaged over the heads, (n, 10, longest).

        Raises
        ------
        ValueError
            As for `encode`.
        """
        memory, mask = self.encode(inputs), _is_text(inputs)
        ids = inputs.new_empty((len(inputs), 0))
        for _ in range(OUTPUT_LENGTH):
            logits, weights = self._spell(memory, ids, mask)
            ids = torch.cat([ids, logits[:, -1:].argmax(dim=2)], dim=1)
        return ids, weights.mean(dim=1)

    def _spell(self, memory: Tensor, earlier: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and weights at the places behind START and each of `earlier`, (n, n_earlier)."""
        start = torch.full((len(earlier), 1), START, dtype=earlier.dtype, device=earlier.device)
        tokens = self._placed(self.previous(torch.cat([start, earlier], dim=1)))
        tokens, weights = self.decoder(tokens, memory, mask=mask)
        return self.spell(self.norm_output(tokens)), weights

    def _placed(self, tokens: Tensor) -> Tensor:
        """Return the tokens with their positions added, (n, length, d_model)."""
        if not self.with_positions:
            return tokens
        return tokens + positions(tokens.shape[1], self.d_model).to(tokens)


def positions(n: int, d_model: int) -> Tensor:
    """Return a vector for each position out of sines and cosines, whose wavelengths grow from 2π to 20,000π.

    Parameters
    ----------
    n : int
        How many positions, at least 1.
    d_model : int
        Components of each vector; an even number, at least 2.

    Returns
    -------
    torch.Tensor, shape (n, d_model)
        In row p, columns 2i and 2i + 1: the sine and cosine of p / 10000^(2i / d_model).

    Raises
    ------
    ValueError
        If `n` is below 1, or `d_model` is below 2 or odd.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need, section 3.5. arXiv:1706.03762

    Examples
    --------
    >>> positions(3, 4)
    tensor([[ 0.0000,  1.0000,  0.0000,  1.0000],
            [ 0.8415,  0.5403,  0.0100,  0.9999],
            [ 0.9093, -0.4161,  0.0200,  0.9998]])
    """
    require_count("n", n)
    if require_count("d_model", d_model) % 2:
        raise ValueError(f"d_model is {d_model}; expected an even number of at least 2.")
    rates = 10_000.0 ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)  # (d_model / 2,)
    angles = torch.arange(n, dtype=torch.float64)[:, None] * rates  # (n, d_model / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).float()


def _is_text(inputs: Tensor) -> Tensor:
    """Return the mask that bars padding: bool, (n, 1, 1, longest), True where there is a character."""
    return (inputs != PADDING)[:, None, None]


def _allowed(scores: Tensor, mask: Tensor | None, *, causal: bool) -> Tensor | None:
    """Return both masks joined into one that broadcasts against the scores; None if everything is allowed."""
    if mask is not None:
        require_mask(mask, scores, "(batch, n_heads, n_queries, n_keys)")
    if not causal:
        return mask
    earlier = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    return earlier if mask is None else mask & earlier


def _require_heads(d_model: int, n_heads: int) -> None:
    """Refuse a number of heads that does not divide the number of components."""
    if require_count("n_heads", n_heads) > d_model or d_model % n_heads:
        raise ValueError(f"n_heads is {n_heads}; expected at least 1 and a divisor of d_model, {d_model}.")


def _require_tokens(name: str, tokens: Tensor, d_model: int, batch: int | None = None) -> None:
    """Refuse tokens that are no batch of sequences of vectors of d_model components."""
    require_kind(name, tokens, Tensor)
    if (
        tokens.ndim != 3
        or tokens.shape[-1] != d_model
        or 0 in tokens.shape
        or not tokens.is_floating_point()
        or len(tokens) != (batch or len(tokens))
    ):
        raise ValueError(
            f"{name} has shape {tuple(tokens.shape)} and type {tokens.dtype}; expected "
            f"({batch or 'batch'}, n, d_model) with d_model {d_model} and no empty axis, of floats."
        )


def _require_attention_like_ours(theirs: nn.MultiheadAttention) -> None:
    """Refuse an attention of PyTorch's that ours cannot be."""
    if theirs.in_proj_weight is None:
        raise ValueError(
            f"theirs has kdim={theirs.kdim} and vdim={theirs.vdim}; expected both to be embed_dim, "
            f"{theirs.embed_dim}."
        )
    has = {
        "batch_first=False": not theirs.batch_first,
        "add_bias_kv=True": theirs.bias_k is not None,
        "add_zero_attn=True": theirs.add_zero_attn,
    }
    for setting, is_so in has.items():
        if is_so:
            name, value = setting.split("=")
            raise ValueError(f"theirs has {setting}; expected {name}={value == 'False'}.")
    _require_no_dropout(theirs)


def _require_no_dropout(theirs: nn.Module) -> None:
    """Refuse a layer of PyTorch's that drops something at random, which ours never does."""
    for part in theirs.modules():
        share = part.p if isinstance(part, nn.Dropout) else getattr(part, "dropout", 0.0)
        if part.training and isinstance(share, float | int) and share > 0:
            raise ValueError(
                "theirs is in training mode with dropout; expected dropout=0.0, or evaluation mode: call "
                "theirs.eval() first."
            )


def _name_of(activation: object) -> str:
    """Return our name of an activation of PyTorch's, or its own name if we have none."""
    if isinstance(activation, nn.ReLU) or activation in (nn.functional.relu, torch.relu):
        return "relu"
    exact = isinstance(activation, nn.GELU) and activation.approximate == "none"
    return "gelu" if exact or activation is nn.functional.gelu else str(activation)


def _fill(ours: nn.Module, weights: dict[str, Tensor]) -> None:
    """Write copies of weights into a layer, of their type, on their device; a bias that they lack goes."""
    if "bias" not in weights:
        ours.bias = None
    ours.to(weights["weight"]).load_state_dict(weights)


def _fill_norm(ours: nn.LayerNorm, theirs: nn.LayerNorm) -> None:
    """Write one layer norm into another."""
    _fill(ours, theirs.state_dict())
    ours.eps = theirs.eps

"""All ways of putting a norm somewhere, and what only looks like one."""

from __future__ import annotations

import copy
from collections import OrderedDict
from functools import partial

import numpy as np
import torch
import torch as th
import torch.nn as tnn
from torch.nn import LayerNorm as LN
from torch.nn import functional as F
from torch.nn.utils import weight_norm, spectral_norm, clip_grad_norm_

Norm = tnn.LayerNorm  # norm: layernorm reference alias
LayerNormCls = partial(tnn.LayerNorm, eps=1e-6)  # norm: layernorm reference cls
ACT_AND_NORM = {"layernorm": tnn.LayerNorm, "gelu": tnn.GELU}  # norm: layernorm reference looked_up
text = "nn.LayerNorm(3)"  # nn.LayerNorm(3)


class LayerNorm2d(tnn.LayerNorm):
    def forward(self, x: tnn.LayerNorm) -> tnn.LayerNorm:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)  # norm: layernorm functional two_d
        return x.permute(0, 3, 1, 2)


class BiasFreeNorm(tnn.Module):
    def forward(self, x):
        return x / torch.sqrt(x.var(-1, keepdim=True) + 1e-5)


class Inner(tnn.Module):
    def __init__(self, dim, norm=None):
        super().__init__()
        self.given = norm
        self.attn, self.ln = tnn.Linear(dim, dim), LN(dim)  # norm: layernorm constructor entries.inner.ln


class Everything(tnn.Module):
    norm_cls = LN  # norm: layernorm reference from_class

    def __init__(self, dim, n, pre):
        super().__init__()
        self.dim = dim
        self.alias = Norm(dim)  # norm: layernorm constructor alias
        self.cls = LayerNormCls(self.dim)  # norm: layernorm constructor cls
        self.looked_up = ACT_AND_NORM["layernorm"](dim)  # norm: layernorm variable looked_up
        self.choice = LN(dim) if pre else tnn.Identity()  # norm: layernorm constructor choice
        self.two_d = LayerNorm2d(dim)  # norm: layernorm constructor two_d
        self.own = BiasFreeNorm()  # norm: layernorm constructor own
        self.group = tnn.GroupNorm(32, dim)  # norm: groupnorm constructor group
        self.from_class = self.norm_cls(dim)  # norm: layernorm variable from_class
        self.nested.deep = th.nn.RMSNorm(dim)  # norm: rmsnorm constructor nested.deep
        self.first = self.second = LN(dim)  # norm: layernorm constructor first
        self.moved = LN(dim).to("cuda")  # norm: layernorm constructor moved
        self.copied = copy.deepcopy(LN(dim))  # norm: layernorm constructor copied
        local = LN(dim)  # norm: layernorm constructor kept
        self.kept = local
        self.net = tnn.Sequential(LN(dim), tnn.GELU(), LN(dim))  # norm: layernorm constructor net.0 | layernorm constructor net.2
        self.ordered = tnn.Sequential(OrderedDict([("fc", tnn.Linear(dim, dim)), ("ln", LN(dim))]))  # norm: layernorm constructor ordered.ln
        self.keyword = tnn.Sequential(OrderedDict(ln=LN(dim)))  # norm: layernorm constructor keyword.ln
        self.entries = tnn.ModuleDict({"inner": Inner(dim), f"norm_{n}": LN(dim)})  # norm: layernorm constructor entries.norm_*
        self.listed = tnn.ModuleList([tnn.Linear(dim, dim), LN(dim)])  # norm: layernorm constructor listed.1
        self.many = tnn.ModuleList([LN(dim) for _ in range(n)])  # norm: layernorm constructor many.*
        self.generated = tnn.ModuleList(LN(dim) for _ in range(n))  # norm: layernorm constructor generated.*
        self.sum = tnn.ModuleList([LN(dim)] + [tnn.Linear(dim, dim)] * n)  # norm: layernorm constructor sum.*
        self.extended = tnn.ModuleList()
        self.extended.extend([LN(dim) for _ in range(n)])  # norm: layernorm constructor extended.*
        self.extended += [LN(dim)]  # norm: layernorm constructor extended.*
        self.add_module("added", LN(dim))  # norm: layernorm constructor added
        self.wrapped = torch.compile(tnn.Sequential(LN(dim)))  # norm: layernorm constructor wrapped.0
        self.handed = Inner(dim, norm=LN(dim))  # norm: layernorm constructor handed.given
        self.unknown = Elsewhere(LN(dim), norm=LN(dim))  # norm: layernorm constructor unknown.* | layernorm constructor unknown.norm
        self.made = self._make(dim)
        self.lambda_made = (lambda d: LN(d))(dim)  # norm: layernorm constructor lambda_made
        self.keys = tnn.ModuleDict({key: LN(dim) for key in ("a", "b")})  # norm: layernorm constructor keys.*
        layers = []
        for i in range(n):
            self.add_module(f"norm{i}", LN(dim))  # norm: layernorm constructor norm*
            setattr(self, f"layer{i}_norm", LN(dim))  # norm: layernorm constructor layer*_norm
            setattr(self, "old%d" % i, LN(dim))  # norm: layernorm constructor old*
            setattr(self, "older" + str(i), LN(dim))  # norm: layernorm constructor older*
            setattr(self, "oldest{}".format(i), LN(dim))  # norm: layernorm constructor oldest*
            block = tnn.Module()
            block.norm = LN(dim)  # norm: layernorm constructor body.*.norm
            layers.append(block)
            layers += [tnn.GELU(), LN(dim)]  # norm: layernorm constructor body.*
        self.body = tnn.Sequential(*layers)
        self.indexed[0] = LN(dim)  # norm: layernorm constructor indexed.0
        if (walrus := LN(dim)) is not None:  # norm: layernorm constructor walrus
            self.walrus = walrus
        match pre:
            case True:
                self.matched = LN(dim)  # norm: layernorm constructor matched
            case _:
                with torch.device("meta"):
                    self.managed = LN(dim)  # norm: layernorm constructor managed

    def _make(self, dim):
        return tnn.Sequential(tnn.Linear(dim, dim), LN(dim))  # norm: layernorm constructor made.1

    def forward(self, x):
        x = F.layer_norm(x, (self.dim,), self.alias.weight)  # norm: layernorm functional alias
        x = F.layer_norm(x, (self.dim,), self.raw_weight)  # norm: layernorm functional raw
        x = torch.layer_norm(x, (self.dim,))  # norm: layernorm functional -
        x = F.rms_norm(x, (self.dim,)) + torch.nn.functional.group_norm(x, 8)  # norm: rmsnorm functional - | groupnorm functional -
        for norm_layer, other in zip(self.many, self.listed):
            x = norm_layer(x)
        for i in range(3):
            norm_layer = getattr(self, f"old{i}")
            x = norm_layer(x) + self.many[i](x) + self.unknown_norms[i](x)
        return tnn.LayerNorm(x.shape[-1])(x)  # norm: layernorm constructor -


class NotNorms(tnn.Module):
    def __init__(self, dim, norm_layer=tnn.BatchNorm2d):
        super().__init__()
        self.bn = tnn.BatchNorm1d(dim)
        self.layered = norm_layer(dim)
        self.inst = tnn.InstanceNorm2d(dim)
        self.local = tnn.LocalResponseNorm(2)
        self.sync = tnn.SyncBatchNorm(dim)
        self.weighted = weight_norm(tnn.Linear(dim, dim))
        self.spectral = spectral_norm(tnn.Linear(dim, dim))
        self.config = LayerNormConfig(dim)
        self.known = (tnn.LayerNorm, LN)
        self.norm_first = True

    def forward(self, x):
        if type(self.bn) is tnn.LayerNorm or isinstance(self.bn, (tnn.LayerNorm, LN)) or issubclass(LN, tnn.Module):
            raise TypeError(tnn.LayerNorm.__name__)
        x = LayerNormFunction.apply(x)
        x = F.normalize(x) / x.norm(dim=-1) / torch.norm(x) / np.linalg.norm(x) / torch.linalg.vector_norm(x)
        clip_grad_norm_(self.parameters(), 1.0)
        tnn.LayerNorm.forward(self, x)
        tnn.utils.clip_grad_norm_(self.parameters(), 1.0)
        l2norm(x)
        return F.batch_norm(x) + F.instance_norm(x)


net = tnn.Sequential(OrderedDict(final=LN(10)))  # norm: layernorm constructor final

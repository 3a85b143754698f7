"""How the fast path works: the same numbers as ``network.py`` gives, in a fraction of the time.

``Network.forward`` and ``backward`` are the reference: they read like the textbook, allocate a new
array for every intermediate result, and are what the tests hold this package to. On networks of the
size that people watch, a step of theirs spends more time around the arithmetic than in it. Eight
things bring that down; none of them knows a single activation, loss or optimizer.

1. **Everything is allocated once** (``memory.py``). A step overwrites the arrays of the one before.
2. **Everything is bound once** (``passes.py``, ``update.py``). A step is a list of calls, each with
   its operands and its result already in place: ``for call in calls: call()``. Numbers among the
   operands are arrays of no dimension; a Python float would be converted at every call.
3. **The bias is a row of the matrix** (``memory.py``). ``W`` and ``b`` lie one behind the other in
   the vector of all parameters, and below the activations there is a row of ones: one product gives
   ``a @ W + b``, one gives ``dW`` and ``db``. For that, arrays are kept features first.
4. **What is elementwise is done for many layers at once.** Arrays of one kind lie one behind the
   other, so the slopes of a dozen layers are one call, and so are the weight gradients of layers of
   one shape; as many layers at once as the cache can hold.
5. **Formulas are taped** (``taped.py``, ``tape.py``). An activation, a loss, a normalization or an
   optimizer is plain NumPy in one entry of its table. It is run once with stand-ins that note each
   operation; the notes become calls, temporary arrays share memory. What cannot be taped is called
   as it is.
6. **The optimizer works through pieces that stay in the cache** (``update.py``), from the first
   operation to the last, and changes the parameters in the same sweep. Where it is not certain that
   nothing overflows, the update is made first, looked at, and only then applied.
7. **No number is so small that the processor stumbles** (``rescaling.py``). Deltas that vanish are
   scaled by powers of two, and what an optimizer remembers is swept from time to time.
8. **Arrays lie well in memory** (``core/aligned.py``): at the start of a cache line, and large ones
   in large pages.

What is left is mostly the matrix products, which run about as fast as the processor can. Measured
and not worth their code: activations in place over the preactivations (2 % at most), the two
moments of an array in one pass (0), generated source (2 us a hundred calls). Of the products
forward, backward and of the weight gradient, one always has the shared index contiguous in both
operands, whatever the layout, and BLAS is slow on that one when it is small: here it is the weight
gradient, whose deltas are therefore copied (``COPIED`` in ``passes.py``).

``step.py`` puts the passes together. The trace it gives is the reference's, as views into the
memory, so that probes and the search for numbers that are not finite know of one form only.
"""

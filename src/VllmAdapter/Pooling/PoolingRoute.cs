namespace VllmAdapter;

/// <summary>A route of pooling models that takes many inputs at once.</summary>
/// <param name="Path">The route, from the server's root.</param>
/// <param name="Operation">What spans and measurements call it.</param>
/// <param name="Expected">What a good answer is, for those who get another one.</param>
/// <param name="NewReader">Makes what reads a reply.</param>
internal sealed record PoolingRoute<T>(string Path, string Operation, string Expected, Func<PoolingReplyReader<T>> NewReader);

using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter;

/// <summary>What <c>AddVllmAdapter</c> returns.</summary>
internal sealed record VllmAdapterBuilder(IServiceCollection Services, string Name, IHttpClientBuilder HttpClient) : IVllmAdapterBuilder;

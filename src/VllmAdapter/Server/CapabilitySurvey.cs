using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace VllmAdapter.Server;

/// <summary>Finds out which routes a server offers, without having a model do anything.</summary>
/// <remarks>
/// A GET on a POST route is answered 405 where the route lies, and 404 where not. Since 0.16 only the routes of the served model's kind lie on a
/// server; before, all of them do, and a request with an empty input is refused for the model or for the input: that tells. (Recorded of 0.8.5, 0.11.0,
/// 0.20.2, 0.32.0 and 0.33.0.)
/// </remarks>
internal sealed class CapabilitySurvey(ServerState server)
{
    private const int AtOnce = 4;

    private readonly ConcurrentDictionary<string, Lazy<Task<Answer>>> _asked = new(StringComparer.Ordinal);

    public async Task<ServerCapabilities> MakeAsync(ServerVersion? version, ApiDescription? description, CancellationToken cancellationToken)
    {
        bool isVllm = version?.Number is not null || description is not null;
        var found = new RouteCapability[KnownRoutes.All.Count];
        var asking = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, found.Length), asking, async (index, token) =>
        {
            found[index] = isVllm
                ? await OfAsync(KnownRoutes.All[index], version, description, token).ConfigureAwait(false)
                : await BehindAsync(KnownRoutes.All[index], token).ConfigureAwait(false);
        }).ConfigureAwait(false);

        return new ServerCapabilities { Version = version, Routes = found, ChatFields = description?.ChatFields };
    }

    private async Task<RouteCapability> OfAsync(KnownRoute route, ServerVersion? version, ApiDescription? description, CancellationToken cancellationToken)
    {
        bool isListed = description?.Paths.Contains($"{route.Method} {route.Path}") is true;

        // What a description leaves out may lie there all the same.
        if (!isListed)
        {
            Answer probed = await ProbeAsync(route, cancellationToken).ConfigureAwait(false);
            if (probed.IsThere is not true)
                return probed.Of(route);
        }

        // Where a route of the wrong model lies as well, or one that is switched off, only a request tells the two apart.
        bool tells = !route.DependsOnModel || (version?.IsAtLeast(0, 16) is true && route is { MayBeSwitchedOff: false, MayRefuseTheModel: false, Path: not "/v1/embeddings" });
        string there = isListed ? "The server lists it in /openapi.json." : "A GET was answered the way an existing route answers.";
        CapabilitySource source = isListed ? CapabilitySource.ApiDescription : CapabilitySource.Probe;
        if (tells)
            return new(route.Path, IsOffered: true, source, there, route.Needs);

        return route.EmptyQuestion is { } question
            ? (await EmptyAsync(route.AskedAt ?? route.Path, question, route.MayBeSwitchedOff, cancellationToken).ConfigureAwait(false)).Of(route)
            : new(route.Path, IsOffered: null, CapabilitySource.Nothing, $"{there} Only a real request can tell whether its model supports it.", route.Needs);
    }

    // A gateway has the routes that it has, whatever is behind it; that it lacks one is so.
    private async Task<RouteCapability> BehindAsync(KnownRoute route, CancellationToken cancellationToken)
    {
        Answer probed = await ProbeAsync(route, cancellationToken).ConfigureAwait(false);
        return route.Method == HttpMethod.Get || probed.IsThere is null
            ? probed.Of(route)
            : new(route.Path, IsOffered: null, CapabilitySource.Nothing, $"{probed.Reason} But that is a gateway's answer, which says nothing about the server behind it.", route.Needs);
    }

    private Task<Answer> ProbeAsync(KnownRoute route, CancellationToken cancellationToken) =>
        AskAsync(new ServerQuestion(HttpMethod.Get, route.Path[1..]) { Limit = server.Options.TimeLimits.ServerCall }, route.Method == HttpMethod.Get, cancellationToken);

    // What is switched off is refused for that first (0.32.0); what no model has, only after the fields were looked at (0.8.5, 0.11.0).
    private Task<Answer> EmptyAsync(string path, string question, bool mayBeOfSchema, CancellationToken cancellationToken)
    {
        // Several routes may go by one question.
        return _asked.GetOrAdd(path, asked => new Lazy<Task<Answer>>(() => AskAsync(
            new ServerQuestion(HttpMethod.Post, asked[1..]) { JsonBody = Encoding.UTF8.GetBytes(question), Limit = server.Options.TimeLimits.ServerCall },
            isAnswer: true,
            cancellationToken,
            mayBeOfSchema))).Value;
    }

    private async Task<Answer> AskAsync(ServerQuestion question, bool isAnswer, CancellationToken cancellationToken, bool mayBeOfSchema = false)
    {
        string asked = $"A {question.Method}{(question.JsonBody is null ? "" : " of nothing")} was answered";
        try
        {
            await server.Calls.AskAsync(question, Read, cancellationToken).ConfigureAwait(false);
            return new(isAnswer ? true : null, $"{asked} 200.");
        }
        catch (VllmRequestException refused)
        {
            bool isPost = question.Method == HttpMethod.Post;
            string reason = refused.StatusCode is { } status ? $"{asked} {(int)status}{(refused.ServerMessage is { } words ? $" ({ServerText.Quote(words)})" : "")}." : refused.Message;
            return new(refused switch
            {
                { Failure: RequestFailure.RouteNotFound, StatusCode: HttpStatusCode.MethodNotAllowed } => isPost ? null : true,
                { Failure: RequestFailure.RouteNotFound } => false,
                { Failure: RequestFailure.BadRequest } when isPost && (mayBeOfSchema || !IsOfSchema(refused)) => true,
                _ => null,
            }, reason);
        }

        // An error inside a 200 is a refusal.
        static object? Read(ServerReply reply, CancellationToken token) => ServerError.TryRead(reply.Json, out _) ? null : reply;
    }

    private static bool IsOfSchema(VllmRequestException refused) =>
        refused.ServerErrorType == "Bad Request"
        || (refused.ServerMessage is { } words && (words.Contains("validation error", StringComparison.Ordinal) || words.StartsWith("[{'type'", StringComparison.Ordinal)));

    private sealed record Answer(bool? IsThere, string Reason)
    {
        public RouteCapability Of(KnownRoute route) =>
            new(route.Path, IsThere, IsThere is null ? CapabilitySource.Nothing : CapabilitySource.Probe, Reason, route.Needs);
    }
}

using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace VllmAdapter;

/// <summary>Makes calls that are ready to be sent, by the settings of one moment.</summary>
internal sealed class CallSetup(AdapterSettings settings, ILogger logger, bool notesByDefault)
{
    public VllmAdapterOptions Options => settings.Options;

    /// <summary>The context window of a model; null if it is not known.</summary>
    public int? WindowOf(string? model) => Options.ContextWindow ?? settings.Server.Windows.Of(model);

    /// <summary>The fields of a body that the server may not know; null if there are none, or nobody wants to know.</summary>
    /// <param name="body">The finished body.</param>
    /// <param name="ofTheRoute">Fields that only a route beside chat has.</param>
    public FieldQuestion? FieldsOf(JsonElement body, IReadOnlySet<string>? ofTheRoute = null) => FieldQuestion.Of(
        body,
        Options.UnknownFields ?? (notesByDefault ? UnknownFieldBehavior.Note : UnknownFieldBehavior.Off),
        settings.Server.Fields,
        logger,
        ofTheRoute);

    /// <summary>What the server has told of its images.</summary>
    public SentImages Images => settings.Server.Images;

    /// <summary>A call.</summary>
    /// <param name="body">The finished body, or the fields of a form as JSON.</param>
    /// <param name="asked">What was read off it.</param>
    /// <param name="model">The model that it names.</param>
    /// <param name="request">What the request says of how it is sent and read.</param>
    public ChatCall NewCall(byte[] body, RequestEvidence asked, string? model, CallWishes request) => new()
    {
        Transport = settings.Transport,
        Path = request.Path,
        Operation = request.Operation,
        Body = body,
        Form = request.Form,
        Evidence = asked,
        Window = request.Window,
        Images = request.Images,
        Fields = request.Fields,
        Termination = request.Termination ?? settings.Termination,
        OnIncompleteStream = request.OnIncompleteStream ?? Options.OnIncompleteStream,
        DefaultBehavior = Options.OnIncompleteStream,
        MaxEventBytes = Options.MaxEventBytes,
        MaxReplyBytes = Options.MaxReplyBytes,
        ExpectsSentinel = Options.ExpectsSentinel,
        Secrets = settings.Transport.Keys.With(request.Headers),
        HeadersLimit = request.IsWhole ? null : Options.TimeLimits.Headers,
        AsksForWholeReply = request.IsWhole,
        Headers = request.Headers,
        Model = model,
        Resilience = settings.Resilience,
        Slots = settings.Slots,
        NewRequestId = RequestIds.Next,
        Logger = logger,
    };
}

/// <summary>What a request says of how it is sent and read; null leaves it to the adapter.</summary>
internal readonly record struct CallWishes(string Path, string Operation)
{
    public bool IsWhole { get; init; }

    public FormBody? Form { get; init; }

    public WindowQuestion? Window { get; init; }

    public ImagesOnce? Images { get; init; }

    public FieldQuestion? Fields { get; init; }

    public RequestHeaders? Headers { get; init; }

    public IStreamTerminationPolicy? Termination { get; init; }

    public IncompleteStreamBehavior? OnIncompleteStream { get; init; }
}

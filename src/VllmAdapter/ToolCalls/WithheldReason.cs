using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>Why a tool call was withheld.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WithheldReason>))]
public enum WithheldReason
{
    /// <summary>The choice was cut by the token limit, declared or proven: raise the limit and ask again. Even whole JSON proves nothing here.</summary>
    ChoiceCut = 1,

    /// <summary>The choice ended in another way than by finishing (aborted, stopped by the server or a policy): ask again.</summary>
    ChoiceNotFinished,

    /// <summary>An error, unreadable bytes, a cut or a silence broke the stream: ask again.</summary>
    StreamBroken,

    /// <summary>
    /// Neither the sentinel nor a token count, compared with max tokens and the context window, shows that nothing was cut: ask again, without
    /// streaming.
    /// </summary>
    EndUnconfirmed,

    /// <summary>No name came (vLLM 0.8.5 and 0.11.0 with several choices): ask for one choice.</summary>
    NameMissing,

    /// <summary>No arguments came although the tool requires some, or is not declared (vLLM 0.11.0 with <c>kimi_k2</c>): ask again, without streaming.</summary>
    ArgumentsMissing,

    /// <summary>The arguments' JSON has no end (vLLM 0.8.5 with <c>hermes</c> drops a brace): ask again, without streaming.</summary>
    ArgumentsOpen,

    /// <summary>The arguments are not JSON, or more than one value: tell the model.</summary>
    ArgumentsMalformed,

    /// <summary>The arguments are JSON, but not an object: tell the model.</summary>
    ArgumentsNotAnObject,
}

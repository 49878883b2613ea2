using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter;

/// <summary>The shape that the answer must have; the server lets the model write nothing else.</summary>
/// <remarks>
/// JSON goes through <c>response_format</c>, which every version and gateway knows; the other kinds through
/// <c>structured_outputs</c>, which vLLM has known since 0.11 and earlier servers silently ignore. A schema that the
/// server cannot compile is reported as the first event of a 200 reply. An answer cut by max tokens is cut JSON.
/// </remarks>
[JsonConverter(typeof(VllmJsonConverter))]
public abstract record StructuredOutput
{
    private protected StructuredOutput()
    {
    }

    /// <summary>Any JSON object.</summary>
    public static StructuredOutput JsonObject { get; } = new AnyObject();

    /// <summary>
    /// Forbids white space between the tokens of the JSON, which keeps models from padding without end.
    /// </summary>
    /// <value>
    /// Null (default): the server's setting. Set, as the other two options here, it sends JSON through
    /// <c>structured_outputs</c> as well, since <c>response_format</c> has no place for it.
    /// </value>
    public bool? DisableAnyWhitespace { get; init; }

    /// <summary>Forbids properties that the schema does not name, where the schema itself does not say.</summary>
    /// <value>Null (default): the server's setting.</value>
    public bool? DisableAdditionalProperties { get; init; }

    /// <summary>The white space that may stand between the tokens of the JSON, as a regular expression.</summary>
    /// <value>Null (default): the server's setting.</value>
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public string? WhitespacePattern { get; init; }

    /// <summary>What the JSON is, for whoever reads the request; part of the wire format of a schema, without effect in vLLM.</summary>
    /// <value>Null (default): not sent.</value>
    public string? Description { get; init; }

    private protected bool HasOptions =>
        DisableAnyWhitespace is not null || DisableAdditionalProperties is not null || WhitespacePattern is not null;

    /// <summary>JSON that fits the schema.</summary>
    /// <param name="name">A name for the schema; part of the wire format, without effect in vLLM.</param>
    /// <param name="schema">The text of the JSON schema.</param>
    /// <param name="strict">Whether the schema is to be followed to the letter; vLLM always does.</param>
    /// <exception cref="ArgumentException"><paramref name="schema"/> is not a JSON object.</exception>
    public static StructuredOutput JsonSchema(
        string name, [StringSyntax(StringSyntaxAttribute.Json)] string schema, bool? strict = null) =>
        JsonSchema(name, JsonSchemaText.Parse(schema, nameof(schema)), strict);

    /// <inheritdoc cref="JsonSchema(string, string, bool?)"/>
    public static StructuredOutput JsonSchema(string name, JsonNode schema, bool? strict = null) =>
        JsonSchema(name, JsonSchemaText.From(schema, nameof(schema)), strict);

    /// <inheritdoc cref="JsonSchema(string, string, bool?)"/>
    public static StructuredOutput JsonSchema(string name, JsonElement schema, bool? strict = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new Schema(name, JsonSchemaText.ObjectOnly(schema, nameof(schema)).Clone(), strict);
    }

    /// <summary>JSON that can be read into a type; read it with <see cref="ChatAnswer.TextAs{T}(JsonTypeInfo{T})"/>.</summary>
    /// <param name="name">A name for the schema; part of the wire format, without effect in vLLM.</param>
    /// <param name="type">The type's metadata, from a source-generated context; the schema is made of it, <c>[Description]</c> included.</param>
    /// <param name="strict">Whether the schema is to be followed to the letter; vLLM always does.</param>
    /// <typeparam name="T">The type of the answer.</typeparam>
    public static StructuredOutput JsonSchema<T>(string name, JsonTypeInfo<T> type, bool? strict = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        return JsonSchema(name, TypeSchema.Of(type), strict);
    }

    /// <summary>JSON that can be read into a type, whose members are found by reflection; read it with <see cref="ChatAnswer.TextAs{T}(JsonSerializerOptions?)"/>.</summary>
    /// <param name="name">A name for the schema; part of the wire format, without effect in vLLM.</param>
    /// <param name="serializer">How the type is read; by default in camel case, enums by name.</param>
    /// <param name="strict">Whether the schema is to be followed to the letter; vLLM always does.</param>
    /// <typeparam name="T">The type of the answer.</typeparam>
    [RequiresUnreferencedCode(ReflectedJson.UsesReflection)]
    [RequiresDynamicCode(ReflectedJson.UsesReflection)]
    public static StructuredOutput JsonSchema<T>(string name, JsonSerializerOptions? serializer = null, bool? strict = null) =>
        JsonSchema(name, ReflectedJson.TypeOf<T>(serializer), strict);

    /// <summary>Text that matches the regular expression as a whole.</summary>
    /// <param name="pattern">The expression, in the dialect of the server's grammar backend.</param>
    public static StructuredOutput Regex([StringSyntax(StringSyntaxAttribute.Regex)] string pattern) =>
        Text("regex", pattern);

    /// <summary>One of the given texts.</summary>
    /// <param name="values">At least one text.</param>
    /// <exception cref="ArgumentException">There is no text.</exception>
    public static StructuredOutput OneOf(params string[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Length > 0
            ? new Choice(ValueList<string>.Of(values))
            : throw new ArgumentException("There is nothing to choose from. Pass at least one text.", nameof(values));
    }

    /// <summary>Text that the grammar produces.</summary>
    /// <param name="grammar">A context-free grammar in EBNF, as the server's grammar backend reads it.</param>
    public static StructuredOutput Grammar(string grammar) => Text("grammar", grammar);

    /// <summary>Free text with constrained stretches between tags.</summary>
    /// <param name="tag">The structural tag as the text of a JSON object.</param>
    public static StructuredOutput StructuralTag([StringSyntax(StringSyntaxAttribute.Json)] string tag) =>
        Text("structural_tag", tag);

    internal abstract void WriteTo(BodyWriter body);

    /// <summary>Writes all that it holds: unlike <see cref="WriteTo"/> also what the server cannot be told.</summary>
    internal virtual void SaveTo(BodyWriter body) => WriteTo(body);

    // Its options, behind the constraint that they belong to, if that stands there too.
    private protected void WriteOptions(BodyWriter body, string? kind = null, Action<Utf8JsonWriter>? write = null)
    {
        if (!body.Begin("structured_outputs"))
            return;

        var outputs = new BodyWriter(body.Json);
        body.Json.WriteStartObject();
        if (kind is not null)
        {
            body.Json.WritePropertyName(kind);
            write?.Invoke(body.Json);
        }

        outputs.Put("disable_any_whitespace", DisableAnyWhitespace);
        outputs.Put("disable_additional_properties", DisableAdditionalProperties);
        outputs.Put("whitespace_pattern", WhitespacePattern);
        body.Json.WriteEndObject();
    }

    private static TextConstraint Text(string kind, string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        return new TextConstraint(kind, value);
    }

    private sealed record AnyObject : StructuredOutput
    {
        internal override void WriteTo(BodyWriter body)
        {
            if (HasOptions)
                WriteOptions(body, "json_object", static json => json.WriteBooleanValue(true));
            else
                WriteFormat(body);
        }

        internal override void SaveTo(BodyWriter body)
        {
            WriteFormat(body);
            if (HasOptions)
                WriteOptions(body);
        }

        private static void WriteFormat(BodyWriter body)
        {
            if (!body.Begin("response_format"))
                return;

            body.Json.WriteStartObject();
            body.Json.WriteString("type"u8, "json_object"u8);
            body.Json.WriteEndObject();
        }
    }

    private sealed record Schema(string Name, JsonElement Value, bool? Strict) : StructuredOutput
    {
        internal override void WriteTo(BodyWriter body)
        {
            if (HasOptions)
                WriteOptions(body, "json", Value.WriteTo);
            else
                WriteFormat(body);
        }

        internal override void SaveTo(BodyWriter body)
        {
            WriteFormat(body);
            if (HasOptions)
                WriteOptions(body);
        }

        private void WriteFormat(BodyWriter body)
        {
            if (!body.Begin("response_format"))
                return;

            Utf8JsonWriter json = body.Json;
            json.WriteStartObject();
            json.WriteString("type"u8, "json_schema"u8);
            json.WriteStartObject("json_schema"u8);
            json.WriteString("name"u8, Name);
            json.WritePropertyName("schema"u8);
            Value.WriteTo(json);
            if (Description is { } description)
                json.WriteString("description"u8, description);
            if (Strict is { } strict)
                json.WriteBoolean("strict"u8, strict);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        public bool Equals(Schema? other) =>
            base.Equals(other) && (Name, Strict) == (other.Name, other.Strict) && EqualJson.AreEqual(Value, other.Value);

        public override int GetHashCode() => HashCode.Combine(Name, Strict);
    }

    private sealed record Choice(IReadOnlyList<string> Values) : StructuredOutput
    {
        internal override void WriteTo(BodyWriter body) => WriteOptions(body, "choice", json =>
        {
            json.WriteStartArray();
            foreach (string? value in Values)
                json.WriteStringValue(value);
            json.WriteEndArray();
        });
    }

    private sealed record TextConstraint(string Kind, string Value) : StructuredOutput
    {
        internal override void WriteTo(BodyWriter body) => WriteOptions(body, Kind, json => json.WriteStringValue(Value));
    }
}

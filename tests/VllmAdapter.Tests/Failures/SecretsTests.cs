using System.Text;

namespace VllmAdapter.Tests.Failures;

public sealed class SecretsTests
{
    private const string Key = "sk-TOP/SECRET+0123?";

    /// <summary>A text that holds the key; the same without it.</summary>
    public static TheoryData<string, string> Spellings => new()
    {
        { Key, "***" },
        { $"a {Key} b {Key} c", "a *** b *** c" },
        { $"{Key}{Key}", "******" },

        // JSON, and JSON inside JSON.
        { """a sk-TOP\/SECRET+0123? b""", "a *** b" },
        { """a sk\u002dTOP\u002FSECRET\u002b0123\u003F b""", "a *** b" },
        { """a \u0073\u006B\u002D\u0054\u004f\u0050\u002f\u0053\u0045\u0043\u0052\u0045\u0054\u002b\u0030\u0031\u0032\u0033\u003f b""", "a *** b" },
        { """a sk-TOP\\/SECRET+0123? b""", "a *** b" },
        { """a sk\\u002dTOP\\\/SECRET+0123? b""", "a *** b" },
        { """\tsk-TOP\/SECRET+0123?\n""", """\t***\n""" },

        // Python, URLs, HTML.
        { """a sk\x2dTOP\x2FSECRET+0123? b""", "a *** b" },
        { "a?key=sk-TOP%2FSECRET%2b0123%3F&b=1", "a?key=***&b=1" },
        { "a?key=sk-TOP%252FSECRET%252B0123%253F", "a?key=***" },
        { "a sk&#45;TOP&#x2F;SECRET&#43;0123? b", "a *** b" },

        // Hexadecimal, as .NET and others write it.
        { "size '" + BitConverter.ToString(Encoding.UTF8.GetBytes(Key)) + "'", "size '***'" },
        { "size '" + Convert.ToHexString(Encoding.UTF8.GetBytes(Key)) + "'", "size '***'" },
        { "size '" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Key)) + "'", "size '***'" },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public void Every_spelling_of_a_key_is_hidden(string text, string hidden) => Secrets.Of(Key).Hide(text).Should().Be(hidden);

    [Theory]
    [InlineData("")]
    [InlineData("u:")]
    [InlineData("Bearer ")]
    [InlineData("Bearer  ")]
    [InlineData("key=")]
    public void Base64_is_known_wherever_the_key_stands_in_it(string before)
    {
        string base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(before + Key + " and more"));
        string core = base64[((before.Length * 8 / 6) + 1)..((before.Length + Key.Length) * 8 / 6)];

        Secrets.Of(Key).Hide($"a {base64} b").Should().Contain("***").And.NotContain(core);
        Secrets.Of(Key).Hide($"a {base64.Replace('+', '-').Replace('/', '_')} b").Should().Contain("***");
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("sk-TOP")]
    [InlineData("sk-top/secret+0123?")]
    [InlineData("""100 % of \ and & and \u00zz and %zz and &; and &#; stay""")]
    [InlineData("""C:\new\users\x""")]
    [InlineData("""ends in \""")]
    [InlineData("ends in %2")]
    [InlineData("ends in &#45")]
    public void Other_texts_stay_as_they_are(string? text)
    {
        Secrets.Of(Key).Hide(text).Should().BeSameAs(text);
        Secrets.Of(Key).AreIn(text).Should().BeFalse();
    }

    [Fact]
    public void Nothing_to_hide_costs_nothing()
    {
        Secrets.Of(null).Should().BeSameAs(Secrets.None);
        Secrets.Of("").Should().BeSameAs(Secrets.None);
        Secrets.None.With(new RequestHeaders { Session = "abcdefgh" }).Should().BeSameAs(Secrets.None);
    }

    [Fact]
    public void A_short_key_is_hidden_as_it_is_only()
    {
        var secrets = Secrets.Of("EMPTY");

        secrets.Hide("key EMPTY, 454d505459").Should().Be("key ***, 454d505459");
    }

    [Theory]
    [InlineData("""a\b""", """key a\\b here""")]
    [InlineData("""ab%41cd""", "key ab%2541cd here")]
    public void A_key_that_reads_like_an_escape_is_found_all_the_same(string key, string text) =>
        Secrets.Of(key).Hide(text).Should().Be("key *** here");

    /// <summary>Header, value, what of it is a secret.</summary>
    public static TheoryData<string, string, string> Headers => new()
    {
        { "Authorization", "Bearer of-the-tenant", "of-the-tenant" },
        { "authorization", "of-the-tenant", "of-the-tenant" },
        { "Authorization", "Basic " + Convert.ToBase64String("ada:lovelace"u8), "lovelace" },
        { "Authorization", "Basic " + Convert.ToBase64String("ada:lovelace"u8), Convert.ToBase64String("ada:lovelace"u8) },
        { "Proxy-Authorization", "Digest username=\"ada\", response=\"of-the-tenant\"", "of-the-tenant" },
        { "api-key", "of-the-tenant", "of-the-tenant" },
        { "x-api-key", "of-the-tenant", "of-the-tenant" },
        { "Ocp-Apim-Subscription-Key", "of-the-tenant", "of-the-tenant" },
        { "X-Amz-Security-Token", "b2YtdGhlLXRlbmFudA==", "b2YtdGhlLXRlbmFudA==" },
        { "CF-Access-Client-Secret", "of-the-tenant", "of-the-tenant" },
        { "Cookie", "theme=dark; session=of-the-tenant", "of-the-tenant" },
        { "helicone-auth", "Bearer of-the-tenant", "of-the-tenant" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_header_whose_name_speaks_of_a_credential_is_one(string name, string value, string secret)
    {
        var headers = new RequestHeaders { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value } };

        Secrets.Of("the-adapters-own", headers).Hide($"a {secret} b the-adapters-own c").Should().Be("a *** b *** c");
    }

    [Theory]
    [InlineData("X-Tenant", "blue-tenant")]
    [InlineData("X-Max-Tokens", "2048")]
    [InlineData("Authorization", "Bearer ab")]
    public void Other_headers_and_mere_numbers_are_none(string name, string value)
    {
        var headers = new RequestHeaders { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value } };

        Secrets.Of(null, headers).Should().BeSameAs(Secrets.None);
    }

    [Fact]
    public void A_key_inside_another_leaves_nothing_of_the_longer_one()
    {
        var headers = new RequestHeaders { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-api-key"] = "secret-and-more" } };

        Secrets.Of("secret", headers).Hide("secret-and-more, secret").Should().Be("***, ***");
    }

    [Fact]
    public void The_adapters_own_key_stays_hidden_when_a_request_brings_another()
    {
        var headers = new RequestHeaders { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-api-key"] = "of-the-tenant" } };

        Secrets.Of("the-adapters-own").With(headers).Hide("the-adapters-own of-the-tenant").Should().Be("*** ***");
    }

    [Fact]
    public void Texts_full_of_escapes_are_read_once()
    {
        string text = string.Concat(Enumerable.Repeat("""\u0073\u006b""", 200_000)) + """\u0073k\u002dTOP\/SECRET+0123?""";

        Secrets.Of(Key).Hide(text).Should().EndWith("***").And.HaveLength(2_400_003);
    }
}

using Microsoft.Playwright;

namespace VllmAdapter.BrowserTests;

/// <summary>What a visitor of the playground sees, in a real browser.</summary>
public sealed class PlaygroundTests(PlaygroundServer server) : IClassFixture<PlaygroundServer>
{
    [Fact]
    public async Task The_page_says_that_its_server_is_scripted()
    {
        IPage page = await OpenAsync();

        await Assertions.Expect(page.Locator("#server")).ToContainTextAsync("A scripted server");
        (await page.Locator("#fault option").CountAsync()).Should().BeGreaterThan(5);
    }

    [Theory]
    [InlineData("none", false, "whole", "Completed", "Llamas are calm pack animals")]
    [InlineData("no-reason", false, "doubtful", "Unconfirmed", "Llamas are calm pack animals")]
    [InlineData("lost", false, "doubtful", "Unconfirmed", "")]
    [InlineData("masked", true, "doubtful", "LengthLimited", "")]
    [InlineData("cut", false, "broken", "Interrupted", "Llamas are calm pack animals")]
    [InlineData("silent", false, "broken", "Stalled", "Llamas are calm pack animals")]
    [InlineData("error", false, "broken", "ServerError", "Llamas are calm pack animals")]
    public async Task Every_end_has_its_colour(string fault, bool tools, string colour, string verdict, string text)
    {
        IPage page = await OpenAsync();
        await page.SelectOptionAsync("#fault", fault);
        if (tools)
            await page.CheckAsync("#tools");

        await page.ClickAsync("#send");

        await Assertions.Expect(page.Locator("#verdict strong")).ToHaveTextAsync(verdict, new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("#verdict")).ToHaveClassAsync($"verdict {colour}");
        if (text.Length > 0)
            await Assertions.Expect(page.Locator(".assistant")).ToContainTextAsync(text);

        await TakePictureAsync(page, $"playground-{fault}");
    }

    [Fact]
    public async Task A_refusal_is_shown_in_its_words()
    {
        IPage page = await OpenAsync();
        await page.SelectOptionAsync("#fault", "refused");

        await page.ClickAsync("#send");

        await Assertions.Expect(page.Locator("#verdict strong")).ToHaveTextAsync("Refused", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("#verdict")).ToContainTextAsync("queue is full");
    }

    [Theory]
    [InlineData("http://127.0.0.1:9", "No connection")]
    [InlineData("localhost:8000", "absolute http or https address")]
    public async Task A_server_of_the_visitors_own_can_be_named_and_what_is_wrong_with_it_is_said(string address, string message)
    {
        IPage page = await OpenAsync();
        await page.FillAsync("#endpoint", address);

        (await page.IsVisibleAsync("#faults")).Should().BeFalse("a real server has faults of its own");
        await page.ClickAsync("#send");

        await Assertions.Expect(page.Locator("#verdict")).ToContainTextAsync(message, new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task A_call_is_run_and_its_result_answered_and_the_tokens_are_counted()
    {
        IPage page = await OpenAsync();
        await page.CheckAsync("#tools");
        await page.CheckAsync("#reasoning");

        await page.ClickAsync("#send");

        await Assertions.Expect(page.Locator(".assistant")).ToHaveTextAsync("It is 14 degrees and sunny in Cusco.", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator(".call")).ToContainTextAsync("Cusco: 14 degrees, sunny");
        await Assertions.Expect(page.Locator(".thought").First).ToContainTextAsync("I will be brief.");
        await Assertions.Expect(page.Locator("#tokens")).ToContainTextAsync("of 5,000 tokens spent");
        await TakePictureAsync(page, "playground-tools");
    }

    [Fact]
    public async Task A_typed_answer_is_JSON()
    {
        IPage page = await OpenAsync();
        await page.CheckAsync("#typed");

        await page.ClickAsync("#send");

        await Assertions.Expect(page.Locator(".assistant")).ToContainTextAsync("\"home\": \"the Andes\"", new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task It_works_by_the_keyboard_alone_and_stop_leaves_at_once()
    {
        IPage page = await OpenAsync();
        await page.SelectOptionAsync("#fault", "silent");
        await page.FocusAsync("#text");

        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".assistant")).ToContainTextAsync("Llamas", new() { Timeout = 30_000 });
        await page.FocusAsync("#stop");
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Locator("#verdict strong")).ToHaveTextAsync("Stopped");
        await Assertions.Expect(page.Locator("#text")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task It_fits_a_phone()
    {
        IPage page = await OpenAsync(width: 390, height: 844);

        await page.ClickAsync("#send");

        await Assertions.Expect(page.Locator("#verdict strong")).ToHaveTextAsync("Completed", new() { Timeout = 30_000 });
        (await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth")).Should().BeTrue("nothing sticks out");
        await TakePictureAsync(page, "playground-phone");
    }

    [Fact]
    public async Task Two_visitors_have_two_conversations()
    {
        IPage one = await OpenAsync();
        IPage other = await OpenAsync();

        await one.ClickAsync("#send");
        await Assertions.Expect(one.Locator("#tokens")).ToContainTextAsync("33 of 5,000", new() { Timeout = 30_000 });
        await other.ClickAsync("#send");

        await Assertions.Expect(other.Locator("#tokens")).ToContainTextAsync("33 of 5,000", new() { Timeout = 30_000 });
    }

    private async Task<IPage> OpenAsync(int width = 1_100, int height = 720)
    {
        IBrowserContext context = await server.Browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height } });
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) => message.Type.Should().NotBe("error", message.Text);
        await page.GotoAsync(server.Address);
        await Assertions.Expect(page.Locator("#fault option").First).ToBeAttachedAsync();
        return page;
    }

    private static async Task TakePictureAsync(IPage page, string name)
    {
        if (PlaygroundServer.PictureOf(name) is { } path)
            await page.ScreenshotAsync(new() { Path = path });
    }
}

using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>Somebody asks the city by SQL in the browser: rows, a chart, a file, a saved statement, a fault, and one that is cancelled.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class SqlTests(ConsoleFixture console)
{
    private const string ByStation = "select station_id, count(*) as passages\nfrom city.live_passages\ngroup by station_id\norder by station_id";

    [Fact]
    public async Task A_statement_is_run_looked_at_and_kept_and_a_long_one_is_cancelled()
    {
        await ReadyAsync();
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("");
        await page.GetByRole(AriaRole.Link, new() { Name = "SQL", Exact = true }).ClickAsync();
        var editor = page.GetByLabel("Statement", new() { Exact = true });
        await Expect(editor).ToHaveValueAsync(new Regex("city.live_charges"));

        // By keyboard: names are offered, and Ctrl and Enter run it.
        await editor.FillAsync("");
        await editor.PressSequentiallyAsync("select station_id, count(*) as passages from city.live_pas");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "city.live_passages", Exact = true })).ToBeVisibleAsync();
        await editor.PressAsync("Tab");
        await Expect(editor).ToHaveValueAsync("select station_id, count(*) as passages from city.live_passages");
        await editor.PressSequentiallyAsync(" group by 1 order by 1");
        await editor.PressAsync("Escape");
        await editor.PressAsync("Control+Enter");
        await Expect(Outcome(page)).ToContainTextAsync("in Postgres.");
        var rows = page.GetByRole(AriaRole.Table, new() { Name = "Rows" });
        await Expect(rows.GetByText("london-a1", new() { Exact = true })).ToBeVisibleAsync();

        // A click on a table's name and a column's writes it.
        await editor.FillAsync("select ");
        await page.GetByText("city.cameras", new() { Exact = true }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "lane", Exact = true }).ClickAsync();
        await Expect(editor).ToHaveValueAsync("select lane");

        await RunAsync(page, ByStation);
        await page.GetByRole(AriaRole.Button, new() { Name = "Chart and table" }).ClickAsync();
        await Expect(page.Locator(".sql-chart svg path").First).ToBeAttachedAsync();
        await page.GetByLabel("Kind").SelectOptionAsync("map");
        await Expect(page.Locator(".sql-chart .hit-dot").First).ToBeAttachedAsync();
        await page.GetByLabel("Kind").SelectOptionAsync("bar");

        var file = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "CSV" }).ClickAsync());
        Assert.Matches(@"^sql-.*\.csv$", file.SuggestedFilename);
        Assert.StartsWith("station_id,passages\r\nlondon-a1,", await File.ReadAllTextAsync(await file.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        file = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Parquet" }).ClickAsync());
        Assert.Matches(@"^sql-.*\.parquet$", file.SuggestedFilename);
        Assert.Equal("PAR1", (await File.ReadAllTextAsync(await file.PathAsync(), TestContext.Current.CancellationToken))[..4]);

        // Of many rows those in view are in the page.
        await RunAsync(page, "select n, n * n as square from generate_series(1, 20000) as n");
        await Expect(page.GetByText("Only the first 5,000 rows are shown")).ToBeVisibleAsync();
        await Expect(rows).ToHaveAttributeAsync("aria-rowcount", "5001");
        await Expect(rows.Locator("tbody tr").Nth(10)).ToBeAttachedAsync();
        Assert.InRange(await rows.Locator("tbody tr").CountAsync(), 10, 300);

        await RunAsync(page, "select day, pund\nfrom city.live_charges", succeeds: false);
        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("Line 1, character 13: column \"pund\" does not exist");
        Assert.Equal("pund", await editor.EvaluateAsync<string>("e => e.value.slice(e.selectionStart, e.selectionEnd)"));

        // Who does what of it is told without running it.
        await ExplainAsync("select count(*) from city.charges where day >= current_date - 7", "The lake does all of it", "city.charges:");
        await ExplainAsync("select count(*) from city.charges c join city.live_charges l on l.day = c.day where c.day >= (select current_date - 7)", "Postgres does the rest", "Foreign Scan");
        await ExplainAsync("select count(*) from city.live_passages", "Postgres does all of it.", "Aggregate");
        async Task ExplainAsync(string sql, string said, string plan)
        {
            await editor.FillAsync(sql);
            await page.GetByRole(AriaRole.Button, new() { Name = "Explain", Exact = true }).ClickAsync();
            await Expect(Outcome(page)).ToContainTextAsync(said);
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Plan" })).ToContainTextAsync(plan);
        }

        await editor.FillAsync("select pg_sleep(300)");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await Expect(page.GetByText(new Regex(@"^Running: ([2-9]|\d\d+) s$"))).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByText("The statement was cancelled.")).ToBeVisibleAsync();
        Assert.Contains((await console.System.GetAsync<Page<AuditLine>>("/api/audit?action=sql.run")).Items, l => l.Subject == "select pg_sleep(300)" && l.Details!.Contains("\"outcome\":\"cancelled\"", StringComparison.Ordinal));
        await RunAsync(page, "select 1 as one");

        await editor.FillAsync(ByStation);
        await page.GetByLabel("Name of the statement").FillAsync("By station");
        await page.GetByLabel("Share with others").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "By station", Exact = true })).ToBeVisibleAsync();
        await window.GoAsync("sql");
        await page.GetByRole(AriaRole.Button, new() { Name = "By station", Exact = true }).ClickAsync();
        await Expect(editor).ToHaveValueAsync(ByStation);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete By station" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "By station", Exact = true })).ToHaveCountAsync(0);
        Assert.Empty(window.Errors);
    }

    /// <summary>A person can be faster than the editor's script: the statement that stands there runs all the same.</summary>
    [Fact]
    public async Task Run_is_heard_before_the_script_of_the_editor_is_there()
    {
        await ReadyAsync();
        await using var window = await console.SignInAsync();
        var page = window.Page;
        var pressed = new TaskCompletionSource();
        var held = 0;
        await page.RouteAsync(new Regex("/js/sqleditor"), async route =>
        {
            Interlocked.Increment(ref held);
            await pressed.Task;
            await route.ContinueAsync();
        });
        await window.GoAsync("sql");
        await page.GetByLabel("Statement", new() { Exact = true }).FillAsync("select 41 + 1 as answer");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeVisibleAsync();
        pressed.SetResult();
        await Expect(Outcome(page)).ToContainTextAsync(" in Postgres.");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Rows" })).ToContainTextAsync("42");
        Assert.True(held > 0, "The script was not held back.");
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_report_is_seen_as_SQL_and_who_gives_a_reason_sees_plates()
    {
        await ReadyAsync();
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("reports");
        await page.GetByRole(AriaRole.Link, new() { Name = "See as SQL: Charges" }).ClickAsync();
        await Expect(page.GetByLabel("Statement", new() { Exact = true })).ToHaveValueAsync(new Regex("as the report shows them"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Rows" })).ToContainTextAsync("pollution");

        await RunAsync(page, "select plate from city.live_charges limit 1");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Rows" })).ToContainTextAsync("***");
        await page.GetByLabel("Reason, to see plates and keepers (recorded)").FillAsync("case 7");
        await RunAsync(page, "select plate from city.live_charges limit 1");
        await Expect(Outcome(page)).ToContainTextAsync("with plates");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Rows" })).Not.ToContainTextAsync("***");
        Assert.Empty(window.Errors);
    }

    /// <summary>The pictures are in artifacts/screens.</summary>
    [Theory]
    [InlineData(1440, ColorScheme.Dark)]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    public async Task An_answer_with_its_chart_has_no_fault_that_axe_finds(int width, ColorScheme colours)
    {
        await ReadyAsync();
        await using var window = await console.SignInAsync(width, colours);
        var page = window.Page;
        await window.GoAsync("sql");
        await RunAsync(page, "select fuel, make, count(*) as charges, sum(amount) as pounds\nfrom city.live_charges\ngroup by fuel, make\norder by fuel, make");
        await page.GetByRole(AriaRole.Button, new() { Name = "Chart and table" }).ClickAsync();
        await Expect(page.Locator(".sql-chart svg path").First).ToBeAttachedAsync();
        await page.GetByText("city.live_charges", new() { Exact = true }).First.ClickAsync();
        var name = $"sql-filled-{width}-{(colours == ColorScheme.Dark ? "dark" : "light")}";
        await page.ScreenshotAsync(new() { Path = Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName, name + ".png"), FullPage = true });
        Assert.Empty(await window.AxeAsync());
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"), "The page is wider than the window.");
        Assert.Empty(window.Errors);
    }

    private static ILocator Outcome(IPage page) => page.Locator(".sql-result [role=status]");

    private static async Task RunAsync(IPage page, string sql, bool succeeds = true)
    {
        await page.GetByLabel("Statement", new() { Exact = true }).FillAsync(sql);
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await Expect(succeeds ? Outcome(page) : page.Locator(".sql-result [role=alert]").First).ToContainTextAsync(succeeds ? " in " : ":");
    }

    private async Task ReadyAsync()
    {
        Assert.SkipWhen(ConsoleFixture.BrowserPath is null, "No Chromium on this machine: the console is not looked at.");
        await console.System.UntilAsync(async () => (await console.System.GetAsync<SqlView>("/api/sql")).Missing is null, "SQL is ready");
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Page<ChargeView>>("/api/charges")).Items.Count > 2, "some charges");
    }
}

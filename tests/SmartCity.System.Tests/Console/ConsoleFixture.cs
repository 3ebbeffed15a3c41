using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Notifications;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests.Console;

/// <summary>The demo city, started once for all tests of the console, and a real browser to look at it.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    /// <summary>Languages that a browser may ask for.</summary>
    internal const string English = "en-GB";
    internal const string German = "de-DE";

    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // Patient: the browser, the city's cameras and the core share a machine.
    private const float PatienceMs = 30_000;

    // A quarter of what the cameras read goes to review: its queue is full before anybody sits down. A pattern may match as much as it likes, so that an alert comes soon.
    private static readonly Dictionary<string, string> Demanding = new()
    {
        ["Core__Sightings__DoubtfulBelow"] = "0.98",
        ["Core__Hotlist__MostShare"] = "1",
        ["Core__Faces__Enabled"] = "true",
        ["Edge__Evidence__FramesAround"] = "5",
        ["Core__Faces__ModelsPath"] = Path.Combine(Repository.Root, "models", "faces"),
    };

    /// <summary>Ids of the stations that run.</summary>
    internal static readonly string[] Stations = ["london-a1", "london-a4", "london-a202", "london-a205"];

    private static readonly int[] Years = [19, 20, 21, 22, 23, 24, 25, 69, 70, 71, 72, 73, 74];

    private readonly TestData _data = new();

    /// <summary>The mail server of the city.</summary>
    internal MailReceiver Mail { get; } = new();

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IBrowser? _plain;

    internal RunningSystem System { get; private set; } = null!;

    public static string? BrowserPath => Browsers.FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (BrowserPath is null)
        {
            return;
        }

        System = await RunningSystem.StartAsync(_data.Path, ["--city", await CityAsync(), "--speed", "2"], new Dictionary<string, string>(Demanding) { ["Core__Mail__Host"] = "127.0.0.1", ["Core__Mail__Port"] = $"{Mail.Port}", ["Core__Mail__Security"] = "None", ["Core__Mail__From"] = "alerts@city.example.org" });
        // Whoever looks at every page has every role.
        var administrator = (await System.GetAsync<UserView[]>("/api/access/users")).Single();
        using var given = await System.Http.PutAsJsonAsync($"/api/access/users/{administrator.Id}", new UserChange([Role.Administrator, Role.FacesOfficer, Role.FacesReviewer]), TestContext.Current.CancellationToken);
        given.EnsureSuccessStatusCode();
        Assertions.SetDefaultExpectTimeout(PatienceMs);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = BrowserPath, Args = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader"] });
    }

    // The demo city with a part of its stations: a machine of two cores has to read them while a browser draws the console.
    private async Task<string> CityAsync()
    {
        var city = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "cities", "london.json"), TestContext.Current.CancellationToken))!;
        city["stations"]!.AsArray().RemoveAll(s => !Stations.Contains(s!["id"]!.GetValue<string>()));
        var file = Path.Combine(_data.Path, "city.json");
        await File.WriteAllTextAsync(file, city.ToJsonString(), TestContext.Current.CancellationToken);
        return file;
    }

    /// <summary>A browser window of its own that nobody has signed in with.</summary>
    /// <param name="host">As which the browser knows the console.</param>
    /// <param name="port">Where something stands between the two; 0 for the console itself.</param>
    internal async Task<ConsoleWindow> OpenAsync(int width = 1440, ColorScheme colours = ColorScheme.Dark, string host = "127.0.0.1", int port = 0, string language = English)
    {
        Assert.SkipWhen(_browser is null, "No Chromium on this machine: the console is not looked at.");
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = new UriBuilder(System.Http.BaseAddress!) { Host = host, Port = port == 0 ? System.Http.BaseAddress!.Port : port }.ToString(),
            ViewportSize = new() { Width = width, Height = width < 600 ? 844 : 900 },
            ColorScheme = colours,
            Locale = language,
        });
        context.SetDefaultTimeout(PatienceMs);
        return new ConsoleWindow(context, await context.NewPageAsync(), System, language);
    }

    /// <summary>The same in a browser that cannot draw maps.</summary>
    internal async Task<ConsoleWindow> SignInWithoutWebGlAsync(int width = 1440)
    {
        Assert.SkipWhen(_playwright is null, "No Chromium on this machine: the console is not looked at.");
        _plain ??= await _playwright!.Chromium.LaunchAsync(new() { ExecutablePath = BrowserPath, Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-webgl", "--disable-3d-apis"] });
        var context = await _plain.NewContextAsync(new() { BaseURL = System.Http.BaseAddress!.ToString(), ViewportSize = new() { Width = width, Height = width < 600 ? 844 : 900 } });
        context.SetDefaultTimeout(PatienceMs);
        var window = new ConsoleWindow(context, await context.NewPageAsync(), System);
        await window.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        return window;
    }

    /// <summary>A window in which the administrator has signed in.</summary>
    internal async Task<ConsoleWindow> SignInAsync(int width = 1440, ColorScheme colours = ColorScheme.Dark)
    {
        var window = await OpenAsync(width, colours);
        await window.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        return window;
    }

    /// <summary>An alert: the next vehicle of some years is of interest, for a reason of its own. The entries are gone when this returns.</summary>
    internal async Task<AlertView> AlertAsync(string reason)
    {
        var token = TestContext.Current.CancellationToken;
        var entries = new List<Guid>();
        foreach (var year in Years)
        {
            using var added = await System.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = $"*{year}*", Reason = reason, Priority = 1, RequestedBy = "tests" }, token);
            Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(token));
            entries.Add((await added.Content.ReadFromJsonAsync<HotlistEntryView>(token))!.Id!.Value);
        }

        AlertView? alert = null;
        await System.UntilAsync(async () => (alert = (await System.GetAsync<Page<AlertView>>("/api/alerts")).Items.FirstOrDefault(a => a.Reason == reason)) is not null, $"an alert for {reason}");
        foreach (var entry in entries)
        {
            using var removed = await System.Http.DeleteAsync($"/api/hotlist/{entry}", token);
            removed.EnsureSuccessStatusCode();
        }

        return alert!;
    }

    /// <summary>A shift that is over: an operator has taken over from whoever held it, and holds the one that runs.</summary>
    internal async Task<Guid> ShiftAsync()
    {
        var token = TestContext.Current.CancellationToken;
        var (name, password) = await System.PersonAsync(Role.Operator);
        using var next = await System.SignInAsync(name, password);
        using var administrator = await System.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        if ((await System.GetAsync<ShiftsNow>("/api/shifts/now")).Running is null)
        {
            using var begun = await administrator.PostAsync("/api/shifts", null, token);
            begun.EnsureSuccessStatusCode();
        }

        var running = (await System.GetAsync<ShiftsNow>("/api/shifts/now")).Running!.Shift.Id;
        using var written = await administrator.PostAsJsonAsync("/api/shifts/entries", new NewShiftEntry("The barrier sticks.", ShiftReference.Station, Stations[0]), token);
        using var handed = await administrator.PostAsJsonAsync($"/api/shifts/{running}/handover", new ShiftHandover(name, "Look at the barrier."), token);
        using var taken = await next.PostAsync($"/api/shifts/{running}/take", null, token);
        Assert.True(written.IsSuccessStatusCode && handed.IsSuccessStatusCode && taken.IsSuccessStatusCode, await handed.Content.ReadAsStringAsync(token) + await taken.Content.ReadAsStringAsync(token));
        return running;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        if (_plain is not null)
        {
            await _plain.DisposeAsync();
        }

        _playwright?.Dispose();
        if (System is not null)
        {
            await System.DisposeAsync();
        }

        await Mail.DisposeAsync();
        await _data.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleFixture>
{
    public const string Name = "console";
}

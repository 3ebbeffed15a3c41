using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.System.Tests.Hosting;

/// <summary>The all-in-one as a user starts it: a process of its own with a data folder.</summary>
internal sealed class RunningSystem : IAsyncDisposable
{
    public const string AdministratorPassword = "a long first password";

    private const string Key = "a key of the tests that may do everything";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(300);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningSystem(Process process, string data, Uri address)
    {
        _process = process;
        Data = data;
        Http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => IsOwn(presented) } }) { BaseAddress = address };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Data { get; }

    public HttpClient Http { get; }

    public int Id => _process.Id;

    /// <summary>All lines so far, of stdout and stderr.</summary>
    public string Said => string.Join('\n', _said);

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    /// <param name="scheme">Of its address. With https, the certificate that the system has made is trusted, and no other.</param>
    public static async Task<RunningSystem> StartAsync(string data, string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string scheme = "http")
    {
        var address = new Uri($"{scheme}://127.0.0.1:{FreePorts.Take()}");
        var system = new RunningSystem(Start(["run", "--data", data, "--urls", address.ToString().TrimEnd('/'), .. arguments], environment), data, address);
        try
        {
            await Task.WhenAny(system._ready.Task, system._process.WaitForExitAsync(TestContext.Current.CancellationToken)).WaitAsync(ReadyWithin, TestContext.Current.CancellationToken);
            Assert.True(system._ready.Task.IsCompleted, $"The system ended before it was ready:\n{system.Said}");
            return system;
        }
        catch (TimeoutException)
        {
            var said = system.Said;
            await system.DisposeAsync();
            throw new TimeoutException($"Not ready within {ReadyWithin}:\n{said}");
        }
    }

    private bool IsOwn(X509Certificate? presented)
    {
        using var own = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(Data, "certificate.pem"));
        return presented is X509Certificate2 certificate && certificate.RawDataMemory.Span.SequenceEqual(own.RawDataMemory.Span) && certificate.MatchesHostname(Http.BaseAddress!.Host);
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int Status, string Output, string Errors)> RunAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }

    public async Task<T> GetAsync<T>(string path) =>
        await Http.GetFromJsonAsync<T>(path, JsonSerializerOptions.Web, TestContext.Current.CancellationToken) ?? throw new InvalidOperationException($"{path} gave null.");

    /// <summary>Every item of a paged list.</summary>
    public async Task<List<T>> GetAllAsync<T>(string path)
    {
        var items = new List<T>();
        string? next = null;
        do
        {
            var page = await GetAsync<Page<T>>($"{path}?limit=500{(next is null ? "" : "&after=" + Uri.EscapeDataString(next))}");
            items.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);
        return items;
    }

    /// <summary>A user of a role, whose password is changed already.</summary>
    public async Task<(string Name, string Password)> PersonAsync(string role)
    {
        var (token, name) = (TestContext.Current.CancellationToken, $"{role}-{Guid.NewGuid():N}");
        using var added = await Http.PostAsJsonAsync("/api/access/users", new NewUser(name, [role]), token);
        var made = (await added.Content.ReadFromJsonAsync<UserPassword>(token))!;
        using var person = await SignInAsync(name, made.Password);
        using var changed = await person.PostAsJsonAsync("/api/access/password", new PasswordChange(made.Password, made.Password + "!"), token);
        changed.EnsureSuccessStatusCode();
        return (name, made.Password + "!");
    }

    /// <summary>The API as somebody who has signed in.</summary>
    public async Task<HttpClient> SignInAsync(string name, string password)
    {
        using var signedIn = await Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest(name, password), TestContext.Current.CancellationToken);
        signedIn.EnsureSuccessStatusCode();
        var session = (await signedIn.Content.ReadFromJsonAsync<Session>(TestContext.Current.CancellationToken))!;
        return new HttpClient { BaseAddress = Http.BaseAddress, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", session.Token) } };
    }

    /// <summary>Waits until something holds; fails with the words given and what the system said when it never does.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds = 90)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds), $"Not after {seconds} s: {what}\n{Said}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>SIGTERM; its exit status.</summary>
    public async Task<int> StopAsync(TimeSpan within)
    {
        await SignalAsync("TERM", _process.Id);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(within, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>kill -9 of this process alone, as the system's out-of-memory killer does.</summary>
    public async Task CrashAsync()
    {
        await SignalAsync("KILL", _process.Id);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Processes whose command line has all of the words.</summary>
    public static List<int> Processes(params string[] words) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), out var id) ? id : 0)
            .Where(id => id > 0 && CommandLine(id) is var line && words.All(w => line.Contains(w, StringComparison.Ordinal))),
    ];

    /// <summary>Processes that a process has started and that run; none once it has ended.</summary>
    public static List<int> ChildrenOf(int process)
    {
        try
        {
            var children = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{process}/children"));
            return [.. children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await SignalAsync("TERM", _process.Id);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
            {
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        Http.Dispose();
        _process.Dispose();
    }

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has just ended
        }
    }

    private static Process Start(string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        Assert.True(File.Exists(BuiltProgram.AllInOne), $"{BuiltProgram.AllInOne} is not built.");
        var start = new ProcessStartInfo("dotnet", [BuiltProgram.AllInOne, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.Environment.Remove("KAFKA_HOME");
        start.Environment["Core__Access__FirstPassword"] = AdministratorPassword;
        start.Environment["Core__Access__RowsAnHour"] = "10000000";
        start.Environment["Core__Webhooks__AllowPrivate"] = "true";
        start.Environment["Core__Access__ServiceKeys__tests__Name"] = "tests";
        start.Environment["Core__Access__ServiceKeys__tests__Key"] = Key;
        foreach (var scope in Scope.All)
        {
            start.Environment["Core__Access__ServiceKeys__tests__Scopes__" + scope.Replace(':', '_')] = scope;
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        _said.Enqueue(line);
        if (line.StartsWith("SmartCity is ready", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace SmartCity.AppHost;

/// <summary>Decides where infrastructure runs, and says why.</summary>
internal static class Infrastructure
{
    private const string Setting = "Infrastructure";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What <c>--Infrastructure</c> says; without it containers where they are published or a container runtime answers, else processes of this machine. The reason is the first line of the log.</summary>
    /// <exception cref="InvalidOperationException">The setting is neither <c>containers</c> nor <c>local</c>.</exception>
    public static IInfrastructure ChooseInfrastructure(this IDistributedApplicationBuilder builder)
    {
        var (containers, reason) = builder.Configuration[Setting] switch
        {
            "containers" => (true, $"--{Setting} says so"),
            "local" => (false, $"--{Setting} says so"),
            null or "" when builder.ExecutionContext.IsPublishMode => (true, "it is published"),
            null or "" => Ask(builder.Configuration),
            var other => throw new InvalidOperationException($"--{Setting} is '{other}'; it must be containers or local."),
        };
        Console.WriteLine(containers
            ? $"SmartCity: Postgres, Kafka and MinIO run in containers: {reason}."
            : $"SmartCity: Postgres, Kafka and the mirror run as processes of this machine: {reason}. --{Setting} containers asks for containers.");
        return containers ? new Containers(builder) : new Local(builder);
    }

    /// <summary>Asks the container runtime that Aspire would use.</summary>
    private static (bool Answers, string Reason) Ask(IConfiguration configuration)
    {
        var named = configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"];
        string[] runtimes = named is { Length: > 0 } ? [named] : ["docker", "podman"];
        var at = configuration["DOCKER_HOST"] is { Length: > 0 } host ? $" at DOCKER_HOST {host}" : "";
        var reasons = new List<string>();
        foreach (var runtime in runtimes)
        {
            var reason = Ask(runtime);
            if (reason is null)
            {
                return (true, $"'{runtime} info' answers{at}");
            }

            reasons.Add($"'{runtime} info' {reason}{(runtime == "docker" ? at : "")}");
        }

        return (false, string.Join(", ", reasons));
    }

    /// <summary>Null when the runtime answers, else what is wrong with it.</summary>
    private static string? Ask(string runtime)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(runtime, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(Patience))
            {
                return process.ExitCode == 0 ? null : $"ends with status {process.ExitCode}";
            }

            process.Kill(entireProcessTree: true);
            return $"does not answer within {Patience.TotalSeconds:0} seconds";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "is not installed";
        }
    }
}

using System.CommandLine;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Models;
using SmartCity.Core.Packages;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity package verify</c>: whether an evidence package is as it was made. It needs nothing but the file and the public key.</summary>
internal static class PackageCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "An evidence package, a ZIP file." };
        var key = new Option<string?>("--key") { Description = "The public key, PEM. If it is left out, the one in the data folder.", HelpName = "PEM" };
        var data = new Option<string>("--data") { Description = "The data folder that run uses.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity" };
        var verify = new Command("verify", "Checks the signature and the SHA-256 of every file. The exit status is 1 if something is wrong.") { file, key, data };
        verify.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(_ => VerifyAsync(parse.GetValue(file)!, parse.GetValue(key) ?? ModelKeys.Public(parse.GetValue(data)!), cancellationToken), cancellationToken));
        return new Command("package", "Evidence packages: what a charge or an alert rests on, for people outside.") { verify };
    }

    private static async Task<int> VerifyAsync(string file, string keyFile, CancellationToken cancellationToken)
    {
        await using var package = File.OpenRead(file);
        using var key = KeyOf(await File.ReadAllTextAsync(keyFile, cancellationToken), keyFile);
        var faults = await PackageCheck.RunAsync(package, key, cancellationToken);
        await JsonLines.PrintAsync([new { File = file, Faults = faults }]);
        foreach (var fault in faults)
        {
            await Console.Error.WriteLineAsync($"smartcity: {fault}");
        }

        return faults.Count == 0 ? 0 : 1;
    }

    private static ModelVerifier KeyOf(string pem, string file)
    {
        try
        {
            return ModelVerifier.Of(pem);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }
}

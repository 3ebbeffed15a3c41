using System.CommandLine;
using SmartCity.Core.Charges;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity charges preview FILE|-</c>: works out charges without recording any.</summary>
internal static class ChargesCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "One JSON object a line; - reads standard input." };
        var preview = new Command("preview", "Works out charges without recording them. Reads one JSON object a line and prints one for each, in the same order.") { file };
        preview.SetAction((parse, cancellationToken) => PreviewAsync(parse.GetValue(file)!, cancellationToken));
        return new Command("charges", "The charging rules.") { preview };
    }

    private static async Task<int> PreviewAsync(string file, CancellationToken cancellationToken)
    {
        if (file != "-" && !File.Exists(file))
        {
            await Console.Error.WriteLineAsync($"smartcity: there is no file {file}.");
            return 1;
        }

        using var input = file == "-" ? Console.In : new StreamReader(file);
        var status = 0;
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var (answer, isError) = ChargePreview.Answer(line);
            status |= isError ? 1 : 0;
            await Console.Out.WriteLineAsync(answer.ToJsonString(ChargePreview.Json));
        }

        return status;
    }
}

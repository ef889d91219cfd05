// One workbook after the other with libxlsxwriter in its mode of constant memory.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xlsxwriter.h>

static const char *phrases[] = {
    "異常なし", "清掃済み", "温度計を交換した", "扉が開いていた & 閉めた", "冷蔵庫 1", "checked", "needs <repair>", "第2倉庫 西側の棚",
};

// firstDay is the serial number of 2026-01-01.
static const double firstDay = 46023;

static void write(const char *file, int rows, int columns) {
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(file, &options);
    lxw_worksheet *sheet = workbook_add_worksheet(book, NULL);
    lxw_format *decimal = workbook_add_format(book), *date = workbook_add_format(book), *dateTime = workbook_add_format(book);
    format_set_num_format(decimal, "#,##0.0");
    format_set_num_format(date, "yyyy-mm-dd");
    format_set_num_format(dateTime, "yyyy-mm-dd hh:mm:ss");
    char text[64];
    for (int j = 0; j < columns; j++) {
        snprintf(text, sizeof text, "列 %d", j + 1);
        worksheet_write_string(sheet, 0, j, text, NULL);
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            switch (j % 10) {
            case 0:
                worksheet_write_number(sheet, i + 1, j, i * 20.0 + j, NULL);
                break;
            case 3:
            case 9:
                worksheet_write_number(sheet, i + 1, j, ((i * 7 + j * 13) % 900 - 200) / 10.0, decimal);
                break;
            case 4:
                worksheet_write_number(sheet, i + 1, j, firstDay + (i * 60.0 + j) / 86400, dateTime);
                break;
            case 5:
                worksheet_write_number(sheet, i + 1, j, firstDay + i % 365, date);
                break;
            case 6:
                worksheet_write_boolean(sheet, i + 1, j, (i + j) % 7 != 0, NULL);
                break;
            case 8:
                worksheet_write_number(sheet, i + 1, j, sqrt(i * 3.0 + j), NULL);
                break;
            case 2:
                snprintf(text, sizeof text, "SN-%d", 10000000 + i);
                worksheet_write_string(sheet, i + 1, j, text, NULL);
                break;
            default:
                if (j % 10 == 7 && i % 3 != 0)
                    break;
                worksheet_write_string(sheet, i + 1, j, phrases[(i * 5 + j) % 8], NULL);
            }
        }
    }
    workbook_close(book);
}

int main(int argc, char **argv) {
    int books = 1, rows = 0, columns = 0;
    const char *file = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "-version"))
            return puts(lxw_version()) < 0;
        if (!strcmp(argv[i], "-books"))
            books = atoi(argv[i + 1]);
        if (!strcmp(argv[i], "-rows"))
            rows = atoi(argv[i + 1]);
        if (!strcmp(argv[i], "-columns"))
            columns = atoi(argv[i + 1]);
        if (!strcmp(argv[i], "-file"))
            file = argv[i + 1];
    }
    for (int b = 0; b < books; b++)
        write(file, rows, columns);
    return 0;
}
